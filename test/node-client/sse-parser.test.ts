/** The standard's reading of event streams, after the list of cases in the web platform tests, in any pieces. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SseParser, type StreamEvent } from "../../src/node-client/sse-parser.js";

const LONG = "x".repeat(2048);

/** What it is about, the stream, and the events in it as [type, data, id]. */
const CASES: readonly (readonly [string, string, readonly (readonly [string, string, string])[]])[] = [
  ["bom: one byte order mark at the start is no text", "\uFEFFdata:a\n\n", [["message", "a", ""]]],
  ["bom: a later one is", "data:a\n\n\uFEFFdata:b\n\ndata:c\n\n", msgs("a", "c")],
  ["bom-2: only one of two", "\uFEFF\uFEFFdata:a\n\ndata:b\n\n", msgs("b")],
  [
    "comments: of any length, by any line end",
    `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:no\r:${LONG}\ndata:4\n\n`,
    msgs("1\n2\n3\n4"),
  ],
  ["comments alone are no event", ":\n\n: hello\n\n", []],
  ["data-before-final-empty-line: an unfinished event is none", "data:a\n\nid:7\ndata:b\n", msgs("a")],
  ["field-data: empty, two empty lines, text", "data:\n\ndata\ndata\n\ndata:a\n\n", msgs("", "\n", "a")],
  [
    "event-data: only data makes an event",
    "data: a\ndata: b\n\n:\nno: c\n\nData: d\n\ndata\n\n",
    msgs("a\nb", ""),
  ],
  [
    "field-event: holds for one event",
    "event:score\ndata:a\n\ndata:b\n\n",
    [["score", "a", ""], ...msgs("b")],
  ],
  ["field-event: without data goes with its block", "event:score\n\ndata:a\n\n", msgs("a")],
  ["field-event-empty: is the plain type", "event: \ndata:a\n\nevent\ndata:b\n\n", msgs("a", "b")],
  [
    "field-id: stays until another comes",
    "id:7\ndata:a\n\ndata:b\n\nid: 8\ndata:c\n\n",
    [
      ["message", "a", "7"],
      ["message", "b", "7"],
      ["message", "c", "8"],
    ],
  ],
  [
    "field-id-2: an empty one takes it away",
    "id:7\ndata:a\n\nid\ndata:b\n\n",
    [
      ["message", "a", "7"],
      ["message", "b", ""],
    ],
  ],
  ["field-id-null: one with NUL is ignored", "id:7\nid:8\0\ndata:a\n\n", [["message", "a", "7"]]],
  ["field-id without data counts for what follows", "id:7\n\ndata:a\n\n", [["message", "a", "7"]]],
  [
    "field-parsing: exact names, at the line's start, one space off",
    "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
    msgs("\0\n 2\n1\n3\n\n4"),
  ],
  ["field-unknown: is passed over", "data:a\n data\ndata\nfoo:b\njust text\n:c\ndata:d\n\n", msgs("a\n\nd")],
  ["leading-space: a tab stays", "data:\ta\rdata: \ndata:b\n\n", msgs("\ta\n\nb")],
  ["newlines: CR, LF and CRLF in one stream, ended by CR", "data:a\r\ndata\ndata:b\r\n\r", msgs("a\n\nb")],
  ["newlines: only CR", "data:a\r\rdata:b\r\r", msgs("a", "b")],
  ["null-character: is data", "data:\0\n\n", msgs("\0")],
  [
    "utf-8: whole characters, beyond the first plane too",
    "data:ok\u2026 \u{1F600}\n\n",
    msgs("ok\u2026 \u{1F600}"),
  ],
  ["a colon in the value stays", "data:a:b: c\n\n", msgs("a:b: c")],
];

function msgs(...data: readonly string[]): (readonly [string, string, string])[] {
  return data.map((text) => ["message", text, ""]);
}

function parse(pieces: readonly Uint8Array[]): (readonly [string, string, string])[] {
  const parser = new SseParser();
  const events: StreamEvent[] = pieces.flatMap((piece) => parser.feed(piece));
  return events.map(({ type, data, id }) => [type, data, id]);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe("an event stream", () => {
  it.each(CASES)("%s", (_about, text, events) => {
    expect(parse([bytesOf(text)])).toEqual(events);
  });

  it.each(CASES)("byte by byte: %s", (_about, text, events) => {
    expect(parse([...bytesOf(text)].map((byte) => Uint8Array.of(byte)))).toEqual(events);
  });

  it("means the same in any pieces", () => {
    const piece = fc.constantFrom(
      ..."\r,\n,\r\n,:,data,id,event,retry, ,\0,7,\uFEFF,\u2026,\u{1F600},data:a\n\n,data: ,id: 7-k7Qd".split(
        ",",
      ),
    );
    const stream = fc.array(piece, { maxLength: 60 }).map((pieces) => bytesOf(pieces.join("")));
    const cuts = fc.array(fc.nat(400), { maxLength: 12 });
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        const edges = [0, ...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
        expect(parse(pieces)).toEqual(parse([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  it("ends an event at its CR, without waiting for what may follow", () => {
    const parser = new SseParser();
    expect(parser.feed(bytesOf("data:a\r\r"))).toHaveLength(1);
    expect(parser.feed(bytesOf("\ndata:b\n"))).toHaveLength(0);
    expect(parser.feed(bytesOf("\n"))).toMatchObject([{ data: "b" }]);
  });
});

describe("retry", () => {
  it.each([
    ["retry:3000\n", 3000],
    ["retry: 10\n", 10],
    ["retry:3000\nretry:1000x\n", 3000],
    ["retry:3000\nretry\n", 3000],
    ["retry:3000\nretry:\n", 3000],
    ["retry:-1\n", null],
    ["retry:1.5\n", null],
    ["retry:\u0663\n", null],
    ["retry:1734\n\ndata:a\n\nretry:10\n", 10],
  ])("is digits only, the last one: %j", (text, ms) => {
    const parser = new SseParser();
    parser.feed(bytesOf(text));
    expect(parser.retryMs).toBe(ms);
  });
});
