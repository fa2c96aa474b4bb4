/** Bytes at the socket: broken, split, pipelined, cut in the middle. Nobody is left waiting, and nothing half is stored. */

import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openRaw } from "../support/raw-socket.js";
import { turn } from "../support/turn.js";
import { asked } from "./asked.js";
import { bytesOf } from "./bytes.js";
import { type Fuzzed, fuzz, startFuzzed, TEST_MS } from "./fuzzed.js";
import { ackedIn, answersIn, judge } from "./verdict.js";

const STAY_MS = 100;
const POLL = "GET /poll?since=now&wait=45&room=annex HTTP/1.1\r\nHost: chat\r\n\r\n";
const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

/** A send that is right; what becomes of it is told apart by its mark. */
const SEND = "\0send";
const send = fc.constant(SEND);
/** What is one request and no more: behind it the next answer is the next request's. */
const REQUEST = /^[A-Z]+ \S+ HTTP\/1\.1\r\nHost: chat\r\nConnection: keep-alive/;
const piece = fc.oneof(
  { weight: 4, arbitrary: send },
  { weight: 4, arbitrary: fc.constant(POLL) },
  {
    weight: 3,
    // What a HEAD is answered with does not say where it ends, and other sends bear no mark.
    arbitrary: asked
      .filter(({ method, target }) => method !== "HEAD" && !target.includes("/send"))
      .map((one) =>
        bytesOf({ ...one, isSignedIn: false }, { cookie: "", token: "" }, "keep-alive").toString("latin1"),
      ),
  },
  { weight: 1, arbitrary: noise },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "\r\n\r\n",
      "GET / HTTP/1.0\r\n\r\n",
      "GET / HTTP/9.9\r\nHost: chat\r\n\r\n",
      "POST /send HTTP/1.1\r\nHost: chat\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "POST /send HTTP/1.1\r\nHost: chat\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nname=",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "CONNECT chat:80 HTTP/1.1\r\nHost: chat\r\n\r\n",
      `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: chat\r\n\r\n`,
      "GET /poll HTTP/1.1\nHost: chat\n\n",
      "GET /events HTTP/1.1\r\nHost: chat\r\n X: folded\r\n\r\n",
    ),
  },
);

const part = fc.integer({ min: 0, max: 1000 }).map((thousandths) => thousandths / 1000);
const connection = fc.record({
  pieces: fc.array(piece, { minLength: 1, maxLength: 5 }),
  /** Where the bytes are parted, with a turn of the loop between, as parts of the whole. */
  cuts: fc.array(part, { maxLength: 4 }),
  /** How much is sent at all. */
  share: fc.oneof(fc.constant(1), part),
  ending: fc.constantFrom("reset", "end", "stay"),
});
type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

test("whatever comes over a connection", { timeout: TEST_MS }, async () => {
  const fuzzed = await startFuzzed();
  let [count, marks] = [0, 0];
  const runs = await fuzz(fuzzed, fc.array(connection, { minLength: 15, maxLength: 40 }), async (all) => {
    count += all.length;
    await Promise.all(all.map((one) => talk(fuzzed, one, () => `cut-${(marks++).toString(36)}-`)));
  });
  console.log(`${runs} runs, ${count} connections, ${marks} sends, ${fuzzed.acked.size} seen acknowledged`);
  expect(fuzzed.acked.size).toBeGreaterThan(0);
  await fuzzed.finish();
});

async function talk({ server, acked, cut }: Fuzzed, one: Connection, mark: () => string): Promise<void> {
  const marks: string[] = [];
  const texts = one.pieces.map((piece) => {
    if (piece !== SEND) return piece;
    marks.push(mark());
    const body = `name=Eve&text=${marks.at(-1)}`;
    return `POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  const whole = Buffer.from(texts.join(""), "latin1");
  const bytes = whole.subarray(0, Math.round(whole.length * one.share));
  const socket = await openRaw(server.port);
  const places = [0, ...one.cuts.map((part) => Math.round(part * bytes.length)).sort((a, b) => a - b)];
  for (const [at, from] of places.entries()) {
    socket.write(bytes.subarray(from, places[at + 1] ?? bytes.length));
    for (let n = 0; n < 3; n++) await turn();
  }
  if (one.ending === "end") socket.end();
  // The others are cut while their sends are on their way to the disk.
  if (one.ending === "stay") await sleep(STAY_MS);
  // After a FIN it is for the server to close, whatever was on its way.
  if (one.ending !== "end") socket.reset();
  await socket.gone;
  const answers = answersIn(socket.received());
  for (const answer of answers) {
    judge(answer, false);
    const id = isSent(answer.body) ? ackedIn(answer) : null;
    if (id !== null) acked.add(id);
  }
  // Answers come in the order of requests. A send without a whole one may be a row, and one that was refused must not be;
  // behind bytes that are no request it is not known which answer is whose.
  const odd = one.pieces.findIndex((piece) => piece !== SEND && piece !== POLL && !REQUEST.test(piece));
  for (const [at, piece] of one.pieces.entries()) {
    if (piece !== SEND) continue;
    const each = marks.shift() ?? "";
    const answer = answers[at];
    if (!answer || (odd !== -1 && odd < at)) cut.add(each);
    else if (isSent(answer.body)) expect(answer.body).toContain(`"text":"${each}"`);
  }
}

/** A send's answer, among those of polls and pages. */
function isSent(body: string): boolean {
  return /^\{"id":\d+,"room":/.test(body);
}
