/** Generated headers: those that something reads. */
import fc from "fast-check";

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Accept: ["text/html", "application/json", "*/*", "text/html;q=0", ""],
  Origin: ["http://chat", "http://evil.example", "null", "::", ""],
  Referer: ["http://chat/rooms/lobby", "http://evil.example/", "/", "http://"],
  "Sec-Fetch-Site": ["same-origin", "cross-site", "none", "x"],
  Prefer: ["wait=0", "wait=9999", "wait=-1", 'wait="1"', "respond-async, wait=1;x", "wait"],
  "Last-Event-ID": ["0", "99999-zzzz", "x", ""],
  "Content-Encoding": ["gzip", "identity", "x"],
  Expect: ["100-continue", "x"],
  "If-None-Match": ["*", '"x"'],
  "If-Modified-Since": ["Thu, 01 Jan 2099 00:00:00 GMT", "x"],
  Range: ["bytes=0-1", "bytes=9-1", "x"],
  Upgrade: ["websocket", "h2c", "x"],
  "Sec-WebSocket-Key": ["dGhlIHNhbXBsZSBub25jZQ==", "x"],
  "Sec-WebSocket-Version": ["13", "8", "x"],
  "X-Forwarded-For": ["1.2.3.4", "x", "1.2.3.4, ::1"],
  Cookie: [
    "parkbench.sid=s%3Ax.y",
    "parkbench.sid=%",
    "=;=",
    "parkbench.sid=s:a; parkbench.sid=s:b",
    "a".repeat(4000),
  ],
  "X-Parkbench-Token": ["x", "a.b.c", ""],
};
/** Right, wrong, and made of any byte that does not end the line. */
export const header = fc
  .constantFrom(...Object.keys(HEADERS))
  .chain((name) =>
    fc
      .oneof(
        { weight: 4, arbitrary: fc.constantFrom(...(HEADERS[name] ?? [""])) },
        { weight: 1, arbitrary: fc.string({ unit: visible(), maxLength: 20 }) },
      )
      .map((value) => [name, value] as const),
  );

function visible(): fc.Arbitrary<string> {
  return fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code));
}
