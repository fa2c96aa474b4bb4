/** Generated requests to every address: each is answered as documented, and what is stored is what was acknowledged. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hasReadAll } from "../support/parked.js";
import { openRaw, type RawSocket } from "../support/raw-socket.js";
import { asked, PATHS } from "./asked.js";
import { type Asked, bytesOf } from "./bytes.js";
import { type Fuzzed, fuzz, startFuzzed, TEST_MS } from "./fuzzed.js";
import { ackedIn, answerIn, judge } from "./verdict.js";

/** What must be answered is a send; of all others, what the server has read and not answered by then is parked, or a stream. */
const ANSWERED_MS = 10_000;
const PARKED_MS = 30;

test("whatever is asked", { timeout: TEST_MS }, async () => {
  expect(PATHS.length).toBeGreaterThan(15);
  const fuzzed = await startFuzzed();
  const statuses = new Map<number | null, number>();
  const runs = await fuzz(fuzzed, fc.array(asked, { minLength: 30, maxLength: 60 }), async (all) => {
    const rights = await fuzzed.rights();
    const sockets = await Promise.all(all.map(() => openRaw(fuzzed.server.port)));
    for (const [at, one] of all.entries()) sockets[at]?.write(bytesOf(one, rights));
    const isRead = hasReadAll(fuzzed.server.url).then(() => sleep(PARKED_MS));
    const answers = await Promise.all(
      sockets.map((socket, at) => answerTo(fuzzed, all[at] as Asked, socket, isRead)),
    );
    for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  });
  console.log(
    `${runs} runs, answers by status: ${JSON.stringify([...statuses].sort())}; ${fuzzed.acked.size} messages`,
  );
  // Something happened of each kind, or nothing was shown.
  for (const status of [200, 201, 400, 404, 405, null]) expect([...statuses.keys()]).toContain(status);
  await fuzzed.finish();
});

/** The status, or null for what was parked, and left as a browser leaves it. */
async function answerTo(
  { acked }: Fuzzed,
  one: Asked,
  socket: RawSocket,
  isRead: Promise<void>,
): Promise<number | null> {
  const isSend = one.method === "POST" && /^(http:\/\/chat)?\/send\b/.test(one.target);
  const isTime = isSend ? sleep(ANSWERED_MS) : isRead;
  await Promise.race([socket.gone, isTime.then(() => socket.reset())]);
  await socket.gone;
  const answer = answerIn(socket.received());
  if (isSend) expect(answer, "a send without an answer").not.toBeNull();
  // What came of an answer that was cut is not judged: a stream, or one that came just then.
  if (!answer || (!isSend && !isWhole(answer.headers, answer.body))) return null;
  judge(answer, one.method === "HEAD");
  const id = isSend ? ackedIn(answer) : null;
  if (id !== null) acked.add(id);
  return answer.status;
}

function isWhole(headers: ReadonlyMap<string, string>, body: string): boolean {
  return Number(headers.get("content-length") ?? Number.NaN) === body.length;
}
