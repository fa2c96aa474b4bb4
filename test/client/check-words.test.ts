/** What the network check says of what it found. */
import { describe, expect, it } from "vitest";
import { conclusionOf, linesOf, longestS, type Results, type Wait } from "../../src/client/check-words.js";

const wait = (askedS: number, how: Wait["how"], tookS = askedS, status = how === "cut" ? 0 : 200): Wait => ({
  askedS,
  tookS,
  how,
  status,
});

const GOOD: Results = {
  websocket: "works",
  events: "works",
  caching: { how: "fresh", status: 200 },
  sending: { how: "json", status: 400 },
  waits: [wait(10, "answered"), wait(25, "answered"), wait(45, "answered")],
};
const POLLS: Results = { ...GOOD, websocket: "blocked", events: "silent" };

describe("the conclusion", () => {
  it.each<[string, boolean, Results]>([
    ["The chat works here, by WebSocket.", true, GOOD],
    ["The chat works here, by server-sent events.", true, { ...GOOD, websocket: "cut" }],
    ["The chat works here, by long polling.", true, POLLS],
    // Who has a better way does not care how long a request may wait.
    [
      "The chat works here, by WebSocket.",
      true,
      { ...GOOD, waits: [wait(10, "cut", 4), wait(3, "answered")] },
    ],
    [
      "The chat works here, by long polling. Requests that wait longer than 3 seconds fail, so it asks more often.",
      true,
      { ...POLLS, waits: [wait(10, "cut", 4), wait(3, "answered")] },
    ],
    [
      "New messages do not come by themselves here: use “Reload now” in a room. Sending works.",
      false,
      { ...POLLS, waits: [wait(10, "cut", 0), wait(3, "cut", 0)] },
    ],
    [
      "Reading works here, by long polling. Sending does not.",
      false,
      { ...POLLS, sending: { how: "refused", status: 403 } },
    ],
    [
      "The chat does not work here: see what failed below.",
      false,
      { ...POLLS, sending: { how: "foreign", status: 403 }, waits: [] },
    ],
    [
      "The server is full or restarts just now. Check again in a minute.",
      false,
      { ...POLLS, websocket: "cut", waits: [wait(10, "early", 0), wait(3, "early", 0)] },
    ],
    [
      "The chat cannot be reached from here now.",
      false,
      {
        ...POLLS,
        caching: { how: "foreign", status: 0 },
        sending: { how: "foreign", status: 0 },
        waits: [wait(3, "never", 13, 0)],
      },
    ],
  ])("is: %s", (words, good, results) => {
    expect(conclusionOf(results)).toEqual({ words, good });
  });
});

describe("a line", () => {
  it.each<[string, boolean, Partial<Results>]>([
    [
      "WebSocket: cut before anything came; the chat uses server-sent events, which work",
      false,
      { websocket: "cut" },
    ],
    ["WebSocket: not measured, as there is no room that you may read", false, { websocket: "no room" }],
    ["Server-sent events: blocked; the chat uses WebSocket, which works", false, { events: "blocked" }],
    ["Caching: not known: there was no answer", false, { caching: { how: "foreign", status: 0 } }],
    [
      "Sending: refused, as if it came from another site: something on the way changes the address, or PUBLIC_ORIGIN is not set right",
      false,
      { sending: { how: "refused", status: 403 } },
    ],
    [
      "A request that waits 25 s: was answered after 3 s already: the server is full or restarts",
      false,
      { waits: [wait(25, "early", 3)] },
    ],
    ["A request that waits 25 s: was not answered in 35 s", false, { waits: [wait(25, "never", 35, 0)] }],
    [
      "A request that waits 25 s: ended after 12 s: something on the way answered in place of the chat (status 504)",
      false,
      { waits: [wait(25, "foreign", 12, 504)] },
    ],
    [
      "A request that waits 25 s: was answered after 25 s, as it should be",
      true,
      { waits: [wait(25, "answered")] },
    ],
  ])("says %s", (line, good, found) => {
    const shown = linesOf({ ...GOOD, ...found });
    expect(shown.map(({ name, words }) => `${name}: ${words}`)).toContain(line);
    expect(shown.find(({ name, words }) => `${name}: ${words}` === line)?.good).toBe(good);
  });

  it("is there only for what has been measured", () => {
    expect(linesOf({ waits: [] })).toEqual([]);
    expect(linesOf({ events: "works", waits: [] }).map(({ name }) => name)).toEqual(["Server-sent events"]);
  });

  it("of a wait counts for the longest only when it was answered in its time", () => {
    expect(longestS({ waits: [wait(10, "answered"), wait(25, "early", 2), wait(45, "cut", 30)] })).toBe(10);
  });
});
