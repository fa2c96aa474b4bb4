/** Generated frames, right and broken: each send is answered, what is stored is what was acknowledged, nobody is left. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRaw } from "../support/raw-socket.js";
import { turn } from "../support/turn.js";
import { frameOf, handshakeText } from "../support/ws-client.js";
import { type Fuzzed, fuzz, startFuzzed, TEST_MS } from "./fuzzed.js";

const ANSWERED_MS = 10_000;

type Frame = { readonly send: string | null } | { readonly bytes: Buffer };

const json = fc.oneof(
  fc.json(),
  fc.constantFrom("{}", "[]", '{"text":{}}', '{"text":"x","room":["a"]}', "{", ""),
);
const send: fc.Arbitrary<Frame> = fc
  .constantFrom(null, null, null, "n1", "n2", "not a nonce")
  .map((nonce) => ({ send: nonce }));
const frame: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 5, arbitrary: send },
  { weight: 3, arbitrary: json.map((text) => ({ bytes: frameOf(1, text) })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 200 }), fc.boolean())
      .map(([opcode, bytes, isLast]) => ({ bytes: frameOf(opcode, Buffer.from(bytes), isLast) })),
  },
  { weight: 1, arbitrary: fc.constant({ bytes: frameOf(1, `{"text":"${"x".repeat(20_000)}"}`) }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => ({ bytes: Buffer.from(bytes) })) },
);
const connection = fc.record({
  // A frame that breaks the protocol ends it all.
  frames: fc.oneof(fc.array(send, { maxLength: 8 }), fc.array(frame, { maxLength: 8 })),
  query: fc.constantFrom(
    "",
    "?since=now",
    "?since=now&echo=0",
    "?since=now&room=annex",
    "?since=0",
    "?room=nowhere",
    "?since=x",
    "?typed=2&echo=0",
  ),
  isTogether: fc.boolean(),
  ending: fc.constantFrom("stay", "stay", "reset", "end", "close"),
});
type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

test("whatever comes in frames", { timeout: TEST_MS }, async () => {
  const fuzzed = await startFuzzed();
  let [count, marks] = [0, 0];
  const runs = await fuzz(fuzzed, fc.array(connection, { minLength: 10, maxLength: 30 }), async (all) => {
    count += all.length;
    await Promise.all(all.map((one) => talk(fuzzed, one, () => `cut-w${(marks++).toString(36)}-`)));
  });
  console.log(`${runs} runs, ${count} connections, ${marks} sends, ${fuzzed.acked.size} acknowledged`);
  expect(fuzzed.acked.size).toBeGreaterThan(0);
  await fuzzed.finish();
});

async function talk({ server, acked, cut }: Fuzzed, one: Connection, mark: () => string): Promise<void> {
  const marks: string[] = [];
  const frames = one.frames.map((frame) => {
    if ("bytes" in frame) return frame.bytes;
    marks.push(mark());
    return frameOf(1, JSON.stringify({ name: "Eve", text: marks.at(-1), nonce: frame.send ?? undefined }));
  });
  const socket = await openRaw(server.port);
  const parts = [Buffer.from(handshakeText(`/ws${one.query}`)), ...frames];
  for (const part of one.isTogether ? [Buffer.concat(parts)] : parts) {
    socket.write(part);
    await turn();
  }
  if (one.ending === "close") socket.write(frameOf(8, ""));
  // Whoever reads on gets an answer to each send, unless a frame of its own has ended the connection before.
  const answers = () => [...socket.received().matchAll(/"status":\d/g)].length;
  const untilMs = performance.now() + ANSWERED_MS;
  let isGone = false;
  void socket.gone.then(() => (isGone = true));
  while (one.ending === "stay" && !isGone && answers() < marks.length) {
    expect(performance.now(), "a frame without an answer").toBeLessThan(untilMs);
    await turn();
  }
  if (one.ending === "stay") socket.reset();
  if (one.ending === "end") socket.end();
  if (one.ending === "reset") socket.reset();
  await socket.gone;
  const said = socket.received();
  expect(said).not.toMatch(/^HTTP\/1\.1 5(?!03)|"code":"internal"/);
  for (const [, id = ""] of said.matchAll(/\{"status":20[01],"id":(\d+)/g)) acked.add(Number(id));
  // Answers come in the order of frames. A send without one may be a row, and one that was refused must not be; behind a
  // frame that may not be answered it is not known which answer is whose.
  const odd = one.frames.findIndex((frame) => "bytes" in frame);
  for (const [at, each] of marks.entries()) if (at >= answers() || (odd !== -1 && at >= odd)) cut.add(each);
}
