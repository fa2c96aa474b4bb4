/** Acknowledged is durable: a row that was answered for is there after the process was killed in the next instant. */
import { expect, vi } from "vitest";
import { call, idOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import type { ServerProcess } from "../support/server.js";

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

async function textsAt({ url }: ServerProcess): Promise<readonly string[]> {
  return pollBody(await call(`${url}/poll?since=0&limit=500&wait=0`)).messages.map(({ text }) => text);
}

test("guarantee 2: whatever was answered 201 is there after kill -9, as it was answered", async ({
  start,
}) => {
  const first = await start();
  const sends = Array.from({ length: 40 }, (_, n) =>
    call(`${first.url}/send`, { form: { name: "Ana", text: `row ${n}` } }).then(
      (answer) => (answer.status === 201 ? { id: idOf(answer), text: `row ${n}` } : null),
      () => null,
    ),
  );
  // In the middle of the others.
  await sends[5];
  await first.stop("SIGKILL");
  const acked = (await Promise.all(sends)).filter((sent) => sent !== null);
  expect(acked.length).toBeGreaterThan(0);
  const { messages } = pollBody(await call(`${(await start()).url}/poll?since=0&limit=500&wait=0`));
  const rows = messages.map(({ id, text }) => ({ id, text }));
  expect(rows).toEqual(expect.arrayContaining(acked));
});

test("guarantee 2: a send without an answer is there once or not at all, and its retry makes it once", async ({
  start,
}) => {
  const first = await start();
  const form = { name: "Ana", text: "was it stored?", nonce: "n1" };
  const lost = call(`${first.url}/send`, { form }).catch(() => null);
  await first.stop("SIGKILL");
  await lost;
  const second = await start();
  expect((await textsAt(second)).length).toBeLessThanOrEqual(1);
  const retry = await call(`${second.url}/send`, { form });
  expect([200, 201]).toContain(retry.status);
  expect(await textsAt(second)).toEqual(["was it stored?"]);
});
