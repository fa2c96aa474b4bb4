/** The faulty hop: each of its faults is what its name says, and while it is calm everything passes. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { call } from "../support/http-client.js";
import type { HopFault } from "./history.js";
import { type Hop, startHop } from "./hop.js";

const BODY = "a whole answer".repeat(20);
const ONE_IN = 7;
/** Where each stands among what may strike a request. */
const AT: Readonly<Record<Exclude<HopFault, "refused">, number>> = {
  ...{ lost: 0, dropped: 1, halved: 3, delayed: 4, silent: 5 },
};

let server: Server;
let requests = 0;
let hop: Hop | null = null;

beforeEach(async () => {
  requests = 0;
  server = createServer((_req, res) => {
    requests += 1;
    res.end(BODY);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});

afterEach(() => {
  hop?.close();
  server.closeAllConnections();
  server.close();
});

/** A hop whose every request is struck by one fault; none: nothing is. */
async function faulty(fault: HopFault | null): Promise<Hop> {
  const strikesAt = fault === null ? 0 : fault === "refused" ? ONE_IN * 2 : ONE_IN;
  const random = {
    oneIn: (n: number) => n === strikesAt,
    whole: (min: number, max: number) =>
      fault !== null && fault !== "refused" && max === 5 ? AT[fault] : Math.max(min, Math.floor(max / 2)),
  };
  hop = await startHop({ serverPort: (server.address() as AddressInfo).port, random, oneIn: ONE_IN });
  return hop;
}

describe("a struck request", () => {
  test.each<[HopFault, boolean]>([
    ["refused", false],
    ["lost", false],
    ["dropped", true],
    ["halved", true],
    ["silent", false],
  ])("%s: has no answer, and the server has acted: %s", async (fault, hasActed) => {
    const { url, struck } = await faulty(fault);
    await expect(call(url)).rejects.toThrow();
    expect([struck[fault], requests]).toEqual([1, hasActed ? 1 : 0]);
  });

  test("delayed: has its answer, later", async () => {
    const { url, struck } = await faulty("delayed");
    expect((await call(url)).text).toBe(BODY);
    expect(struck.delayed).toBe(1);
  });

  test("halved: its client has seen a part of the answer", async () => {
    const { url } = await faulty("halved");
    const response = await fetch(url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});

describe("everything passes", () => {
  test("where nothing strikes", async () => {
    const { url, struck } = await faulty(null);
    expect((await call(url)).text).toBe(BODY);
    expect(Object.values(struck)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each(["refused", "lost", "silent"] as const)(
    "while it is calm, whatever would strike: %s",
    async (fault) => {
      const calm = await faulty(fault);
      calm.isCalm = true;
      expect((await call(calm.url)).text).toBe(BODY);
    },
  );
});

test("a server that is away resets its clients, and they reach it when it is back", async () => {
  const { url } = await faulty(null);
  const { port } = server.address() as AddressInfo;
  await new Promise<unknown>((done) => server.close(done));
  await expect(call(url)).rejects.toThrow();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  expect((await call(url)).text).toBe(BODY);
});
