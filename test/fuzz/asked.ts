/** Generated requests: every address there is, with what people, programs and attackers put into them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { header } from "./asked-headers.js";
import type { Asked } from "./bytes.js";

/** Read from the router, so that an address that is added is asked, too. */
const ROUTER = readFileSync(new URL("../../src/http/router.ts", import.meta.url), "utf8");
export const PATHS = [...ROUTER.matchAll(/router\.\w+\("([^"]+)"/g)].map(([, path = ""]) =>
  path.replace(":room", "lobby"),
);

const METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
/** Where a GET alone would be refused before anything else is looked at. */
const POSTED = /^\/(send|page|session\/end|rooms)$/;

const NAMES = [
  ...["room", "room", "text", "text", "name", "nonce", "since", "wait", "limit", "client", "echo", "typed"],
  ...["before", "s", "m", "page", "view", "token", "as", "sealed", "title", "code", "id", "__proto__", ""],
];

const text = fc.string({ unit: "binary", maxLength: 40 });
const KNOWN = [
  "lobby",
  "annex",
  "now",
  "0",
  "1",
  "25",
  "-1",
  "1.5",
  "1e9",
  "99999999999999999999",
  "",
  " ",
  "Ana",
];
const HARD = [
  "0-abcd",
  "3-zzzzzz",
  "\u0000",
  "\ud800",
  "%",
  "<script>",
  "constructor",
  "a".repeat(5000),
  "ﬁ",
  "null",
];

const value = fc.oneof(fc.constantFrom(...KNOWN), fc.constantFrom(...HARD), text, fc.nat().map(String));
const pair = fc.tuple(fc.constantFrom(...NAMES), value);
const broken = fc.constantFrom("%", "%zz", "%ff", "%c0%80", "+", "=", "&&", "a=%ed%a0%80", ";", "%00=1");

/** As a form or an address carries them, now and then broken. */
const encoded = fc.tuple(fc.array(pair, { maxLength: 6 }), seldom(broken)).map(([pairs, more]) => {
  const parts = pairs.map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
  return [...parts, ...(more === null ? [] : [more])].join("&");
});

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PATHS) },
  { weight: 6, arbitrary: fc.constant("/send") },
  { weight: 1, arbitrary: value.map((room) => `/rooms/${escaped(room)}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("/Poll", "//poll", "/poll/", "/../poll", "/rooms/%E0%A4%A", "/poll%00", "*"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("/client.js", "/parkbench.css", "/icon.svg", "/nothing", "/rooms/lobby/x"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("http://chat/poll", "http://[/", "/a?b?c", "/%2e%2e/%2e%2e/etc/passwd"),
  },
);

const json = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(pair, { maxLength: 6 }).map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...NAMES), fc.jsonValue({ maxDepth: 1 })), {
        minLength: 1,
        maxLength: 3,
      })
      .map((pairs) => JSON.stringify({ name: "Eve", text: "x", ...Object.fromEntries(pairs) })),
  },
  { weight: 1, arbitrary: fc.json() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "{",
      '{"text":1e999}',
      "[".repeat(3000),
      '{"text":"\\ud800"}',
      '"x"',
      "\ufeff{}",
    ),
  },
);

const FORM = "application/x-www-form-urlencoded";
const typed = fc.oneof(
  { weight: 4, arbitrary: encoded.map((body) => [FORM, Buffer.from(body)] as const) },
  { weight: 4, arbitrary: json.map((body) => ["application/json", Buffer.from(body)] as const) },
  // A send that is right, whatever stands around it.
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        text,
        fc.constantFrom(
          "",
          "",
          "",
          "&page=1",
          "&page=1",
          "&nonce=n1",
          "&nonce=n2&room=annex",
          "&view=write&page=1",
        ),
      )
      .map(([said, more]) => [FORM, Buffer.from(`name=Eve&text=x${escaped(said)}${more}`)] as const),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(
        FORM,
        "application/json",
        "application/json; charset=latin1",
        "text/plain",
        "multipart/form-data; boundary=x",
        "x",
        ";;",
      ),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
  },
  { weight: 1, arbitrary: fc.constant([FORM, Buffer.from(`text=${"%E4%B8%AD".repeat(6000)}`)] as const) },
);

/** A whole request; a part of them with the rights of somebody who is signed in. */
export const asked: fc.Arbitrary<Asked> = fc
  .record({
    // Mostly the right one: a refused method says nothing about what is behind it.
    odd: seldom(fc.constantFrom(...METHODS)),
    path,
    query: fc.option(encoded, { nil: "" }),
    headers: fc.array(header, { maxLength: 4 }),
    typed: fc.option(typed, { freq: 8 }),
    isChunked: fc.boolean(),
    isSignedIn: fc.boolean(),
  })
  .map(({ odd, path, query, typed, headers, ...rest }) => {
    const method = odd ?? (POSTED.test(path) || (path === "/session" && typed) ? "POST" : "GET");
    // A GET with a body is refused for that alone.
    const [type, body] = typed && (odd ? odd !== "TRACE" : method === "POST") ? typed : [null, null];
    const typeHeader = type === null ? [] : [["Content-Type", type] as const];
    const target = query === "" ? path : `${path}?${query}`;
    return {
      ...rest,
      method,
      target,
      headers: [...headers, ...typeHeader],
      body: body?.toString("latin1") ?? null,
    };
  });

/** encodeURIComponent throws for half a character, which a broken program sends as it is. */
function escaped(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) =>
      /[A-Za-z0-9_.-]/.test(String.fromCharCode(byte))
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");
}

function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}
