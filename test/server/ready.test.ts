/** /readyz of the real process says no as soon as it stops, and when its database file is gone. */
import { rmSync } from "node:fs";
import { expect } from "vitest";
import { call, codeOf } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { hasReadAll, parkPolls } from "../support/parked.js";
import { openRaw, rawGet, sendParts } from "../support/raw-socket.js";

test("while it stops, a balancer that asks on a kept connection is sent away", async ({ start }) => {
  const server = await start();
  expect((await call(`${server.url}/readyz`)).status).toBe(200);
  const [poll] = await parkPolls(server.url, 1);
  const kept = await openRaw(server.port);
  const [head, last] = sendParts({ name: "Ana", text: "the last" });
  kept.write(head);
  await hasReadAll(server.url);
  server.child.kill("SIGTERM");
  await poll?.answer;
  kept.write(last + rawGet("/readyz"));
  await kept.until(/201 Created.*503 Service Unavailable.*"code":"closed"/s);
  expect(kept.received()).toMatch(/503 Service Unavailable\r\n(?:.+\r\n)*Connection: close\r\n/);
  expect(await server.exited).toBe(0);
});

test("a database file that was removed is said, if it is asked before the server ends by itself", async ({
  start,
}) => {
  const server = await start();
  expect((await call(`${server.url}/readyz`)).status).toBe(200);
  rmSync(server.database);
  const answers: unknown[] = [];
  while (server.child.exitCode === null) {
    const answer = await call(`${server.url}/readyz`).catch(() => null);
    if (!answer) break;
    if (answer.status !== 200) answers.push(codeOf(answer));
  }
  expect(await server.exited).toBe(1);
  for (const code of answers) expect(["storage_lost", "closed"]).toContain(code);
});
