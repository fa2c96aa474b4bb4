/** The real program obeys its LIMIT_ variables, keeps files for its database, and its documents name each limit as it is. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../src/config.js";
import { LIMITS, type Limits } from "../../src/core/limits.js";
import { from } from "../support/from.js";
import { say } from "../support/guest.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { openRaw } from "../support/raw-socket.js";
import { type ServerProcess, startServer } from "../support/server.js";

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));

describe("a server with limits in its environment", () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const env = {
      TRUST_PROXY: "1",
      LIMIT_PARKED_PER_ADDRESS: "1",
      LIMIT_SENDS_PER_ADDRESS: "3",
      LIMIT_ANSWER_BYTES: "1000",
      LIMIT_HEADERS: "120",
    };
    server = await startServer({ env });
  });

  afterAll(() => server.stop("SIGKILL"));

  it("refuses a fourth message of one address in ten seconds, and takes it from another", async () => {
    const send = (address: string) =>
      call(`${server.url}/send`, { form: { name: "Ana", text: "x".repeat(900) }, headers: from(address) });
    for (let i = 0; i < 3; i++) expect((await send("203.0.113.1")).status).toBe(201);
    const refused = await send("203.0.113.1");
    expect([refused.status, codeOf(refused)]).toEqual([429, "too_many_sends"]);
    expect((await send("203.0.113.2")).status).toBe(201);
  });

  it("answers with no more text than is allowed", async () => {
    const { messages, more } = pollBody(await call(`${server.url}/poll?since=0&wait=0`));
    expect([messages.length, more]).toEqual([1, true]);
  });

  it("takes 120 headers and not 121", async () => {
    // Host and Connection are two more.
    const headers = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, "y"]));
    expect((await call(`${server.url}/healthz`, { headers: headers(118) })).status).toBe(200);
    expect((await call(`${server.url}/healthz`, { headers: headers(119) })).status).toBe(431);
  });
});

it("a server with few open files closes connections that it has none for, and still stores and answers", async () => {
  const server = await startServer({
    command: ["sh", "-c", `ulimit -n 400 && exec "${process.execPath}" "${PROGRAM}"`],
  });
  onTestFinished(() => void server.stop("SIGKILL"));
  const there = await openRaw(server.port);
  const more = await Promise.all(Array.from({ length: 450 }, () => openRaw(server.port)));
  const isGone = more.map(() => false);
  for (const [i, { gone }] of more.entries()) void gone.then(() => (isGone[i] = true));
  // 360 of the 400 files are for connections: one is `there`.
  await expect.poll(() => isGone.filter(Boolean).length, { timeout: 10_000 }).toBe(450 - 359);
  there.write("GET /readyz HTTP/1.1\r\nHost: chat\r\n\r\n");
  await there.until(/"ready"/);
  expect(server.output()).toContain("open-file limit");
  for (const socket of more) socket.reset();
  await expect
    .poll(() => say(server.url, "Ana", "there is room again").catch(() => 0), { timeout: 10_000 })
    .toBeGreaterThan(0);
});

describe("what is written about limits", () => {
  const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const rows = [...read("docs/limits.md").matchAll(/^\| `(\w+)` \| `(LIMIT_\w+)` \| (\d+) \|/gm)];

  it("is every limit, with its variable and its default", () => {
    expect(Object.fromEntries(rows.map(([, option, , value]) => [option, Number(value)]))).toEqual(LIMITS);
    for (const [, option, variable = ""] of rows)
      expect(readConfig({ [variable]: "7" }).limits[option as keyof Limits], variable).toBe(7);
  });

  it("is the same in .env.example", () => {
    const said = Object.fromEntries(
      [...read(".env.example").matchAll(/^(LIMIT_\w+)=(\d+)$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(said).toEqual(Object.fromEntries(rows.map(([, , variable, value]) => [variable, value])));
    expect(readConfig(said).limits).toEqual(LIMITS);
  });
});
