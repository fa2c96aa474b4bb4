/** Once: a nonce is one message, however often, wherever and whenever it is sent again. */
import { expect, vi } from "vitest";
import { call, codeOf, idOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";

/** Several starts, one after another, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const FORM = { name: "Ana", text: "hi", nonce: "n1" };

async function textsAt(url: string): Promise<readonly string[]> {
  return pollBody(await call(`${url}/poll?since=0&limit=500&wait=0`)).messages.map(({ text }) => text);
}

test("guarantee 3: the same nonce at once, at another process and after a restart is one row with one id", async ({
  start,
}) => {
  const [here, there] = await Promise.all([start(), start()]);
  const answers = await Promise.all(
    [here, there, here, there].map(({ url }) => call(`${url}/send`, { form: FORM })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
  await here.stop();
  const again = await start();
  answers.push(await call(`${again.url}/send`, { form: FORM }));
  expect(new Set(answers.map(idOf)).size).toBe(1);
  expect(await textsAt(there.url)).toEqual(["hi"]);
});

test("guarantee 3: a nonce with another text or room is refused with 409, and the first message stays", async ({
  start,
}) => {
  const { url } = await start();
  await call(`${url}/send`, { form: FORM });
  const other = await call(`${url}/send`, { form: { ...FORM, text: "ho" } });
  expect([other.status, codeOf(other)]).toEqual([409, "nonce_reused"]);
  expect(await textsAt(url)).toEqual(["hi"]);
});

test("guarantee 3: without a nonce, or with somebody else's, it is another message", async ({ start }) => {
  const { url } = await start();
  const sends = [FORM, { ...FORM, name: "Bo" }, { name: "Ana", text: "hi" }, { name: "Ana", text: "hi" }];
  const ids: number[] = [];
  for (const form of sends) ids.push(idOf(await call(`${url}/send`, { form })));
  expect(new Set(ids).size).toBe(4);
  expect(await textsAt(url)).toHaveLength(4);
});
