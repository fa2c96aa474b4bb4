/** Several server processes on one file: they come up together, and a row by one wakes the readers of all. */
import { describe, expect } from "vitest";
import { makeRoom } from "../support/guest.js";
import { call, idOf, pollBody } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { nowMs, parkPolls } from "../support/parked.js";

const AT_ONCE = 5;
const ROWS = 20;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test("a row sent to one process wakes a poll that is parked at another, each time", async ({
  start,
  agent,
}) => {
  const [here, there] = [await start(), await start()];
  const lags: number[] = [];
  for (let n = 0; n < ROWS; n++) {
    const [poll] = await parkPolls(here.url, 1, "wait=45", { agent });
    const sent = await call(`${there.url}/send`, { form: { name: "Ana", text: `row ${n}` }, agent });
    const sentAt = nowMs();
    expect(sent.status).toBe(201);
    expect(poll && pollBody(await poll.answer).messages).toMatchObject([
      { id: idOf(sent), text: `row ${n}` },
    ]);
    lags.push(((await poll?.answeredAt) ?? Number.NaN) - sentAt);
  }
  console.log(
    `second process: from its answer to the wake, median ${median(lags).toFixed(1)} ms, worst ${Math.max(...lags).toFixed(1)} ms`,
  );
  expect(median(lags)).toBeLessThanOrEqual(50);
});

test("negative twin: a row in another room, sent to another process, wakes nobody in the lobby", async ({
  start,
}) => {
  const [here, there] = [await start(), await start()];
  await makeRoom(there.url, "Ana", "annex", "Annex");
  const [lobby] = await parkPolls(here.url, 1, "wait=45&room=lobby");
  const [annex] = await parkPolls(here.url, 1, "wait=45&room=annex");
  await call(`${there.url}/send`, { form: { name: "Bob", room: "annex", text: "for the annex" } });
  expect(annex && pollBody(await annex.answer).messages).toMatchObject([{ text: "for the annex" }]);
  // Were the lobby's reader woken by that ring, its answer would lack this row.
  await call(`${there.url}/send`, { form: { name: "Bob", room: "lobby", text: "for the lobby" } });
  expect(lobby && pollBody(await lobby.answer).messages).toMatchObject([{ text: "for the lobby" }]);
});

test("sends to both at once get ids of one sequence, and readers at both get the same list", async ({
  start,
}) => {
  const servers = [await start(), await start()];
  const sends = Array.from({ length: 60 }, (_, n) =>
    call(`${servers[n % 2]?.url}/send`, { form: { name: "Ana", text: `row ${n}`, nonce: `n${n}` } }),
  );
  const answers = await Promise.all(sends);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const ids = answers.map(idOf).toSorted((a, b) => a - b);
  expect(new Set(ids).size).toBe(60);
  for (const { url } of servers) {
    const { messages } = pollBody(await call(`${url}/poll?since=0&limit=500`));
    expect(messages.map(({ id }) => id)).toEqual(ids);
  }
});

describe(`${AT_ONCE} processes started at once on a fresh file`, () => {
  test("all come up on one database with one secret, and hear each other", async ({ start }) => {
    const servers = await Promise.all(Array.from({ length: AT_ONCE }, () => start()));
    const [first] = servers;
    // One secret: a session that begins at one is known at all.
    const { headers } = await call(`${first?.url}/session`, { form: { name: "Ana" } });
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const polls = [];
    for (const { url } of servers) {
      const { text } = await call(`${url}/session`, { headers: { cookie } });
      expect(JSON.parse(text)).toMatchObject({ user: { name: "Ana" } });
      polls.push(...(await parkPolls(url, 1)));
    }
    await call(`${first?.url}/send`, { form: { name: "Bob", text: "to all" } });
    const bodies = await Promise.all(polls.map(async ({ answer }) => pollBody(await answer)));
    expect(bodies).toHaveLength(AT_ONCE);
    for (const body of bodies) expect(body.messages).toMatchObject([{ text: "to all" }]);
    // One epoch: a cursor of one means the same at all.
    expect(new Set(bodies.map(({ next }) => next)).size).toBe(1);
    for (const server of servers) expect(server.output()).not.toMatch(/"level":[456]0/);
  });
});
