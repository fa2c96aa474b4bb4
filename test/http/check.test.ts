/** GET /check and the addresses it measures with. */
import { Agent } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startEmbedded } from "../support/embedded.js";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { linkIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { benchOf, nobodyWaits, park, send } from "../support/waiting.js";

const app = standalone();
const bench = () => benchOf(app());
const get = (path: string) => call(app().url + path);

afterEach(async () => {
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

describe("the network check", () => {
  it("is linked from the first page and from a room, and offers what can be tried by hand", async () => {
    for (const path of ["/", "/rooms/lobby"])
      expect(linkIn((await get(path)).text, "Network check"), path).toBe("/check");
    const { status, headers, text } = await get("/check");
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(headers["cache-control"]).toContain("no-store");
    expect(text).toContain("measures by a script, and none runs here");
    await park(bench(), linkIn(text, "This should answer after 25 seconds") ?? "");
    expect(
      (await get(linkIn(text, "This shows a message as soon as somebody writes one") ?? "")).status,
    ).toBe(200);
  });

  it("gives two answers to two requests for one address", async () => {
    const answers = [await get("/check/now?x=1"), await get("/check/now?x=1")];
    const keys = answers.map(({ text }) => (JSON.parse(text) as { key: string }).key);
    expect(new Set(keys).size).toBe(2);
    for (const { status, headers } of answers) {
      expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
      expect([headers.etag, headers["last-modified"]]).toEqual([undefined, undefined]);
    }
  });

  it.each(["", "s=", "s=0", "s=46", "s=-1", "s=1.5", "s=x", "s=5&s=6"])(
    "refuses to wait for %j",
    async (query) => {
      const answer = await get(`/check/wait?${query}`);
      expect([answer.status, codeOf(answer)]).toEqual([400, "bad_wait"]);
    },
  );

  it.each(["/check", "/check/wait?s=45", "/check/now"])("takes only GET and HEAD at %s", async (path) => {
    const posted = await call(app().url + path, { method: "POST" });
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await call(app().url + path, { method: "HEAD" })).status).toBe(200);
    expect(bench().parked()).toBe(0);
  });

  it("frees its place when the visitor goes", async () => {
    const parked = await park(bench(), "/check/wait?s=45");
    parked.leave();
    await nobodyWaits(bench());
  });
});

describe("a request that waits", () => {
  fakeTimers();

  it("is parked for as long as it asks, whatever is said meanwhile, and says how long it was", async () => {
    const parked = await park(bench(), "/check/wait?s=10");
    await say(app().url, "Ana", "not for it");
    // A deadline may be a tenth of a second early.
    vi.advanceTimersByTime(9_800);
    expect((await get("/healthz")).status).toBe(200);
    expect(parked.isAnswered()).toBe(false);
    vi.advanceTimersByTime(300);
    const { status, text, headers } = await parked.answer;
    expect([status, headers["cache-control"]]).toEqual([200, "no-store"]);
    expect(JSON.parse(text)).toEqual({ waitedS: expect.any(Number) });
  });
});

it("a stop answers it early, and it says so", async () => {
  const own: Standalone = await startStandalone();
  const agent = new Agent({ keepAlive: true });
  try {
    const parked = await park(benchOf(own), "/check/wait?s=45", { agent });
    own.chat.tail.close();
    const { status, text, headers } = await parked.answer;
    expect([status, headers.connection, JSON.parse(text)]).toEqual([200, "close", { waitedS: 0 }]);
  } finally {
    agent.destroy();
    await own.close();
  }
});

it("counts as parked: where nobody more may park, it is answered at once", async () => {
  const own = await startStandalone({ limits: { parkedMax: 1 } });
  try {
    await park(benchOf(own), "/check/wait?s=45");
    const second = await send(benchOf(own), "/check/wait?s=45").answer;
    expect(JSON.parse(second.text)).toEqual({ waitedS: 0 });
  } finally {
    own.server.closeAllConnections();
    await own.close();
  }
});

it("stays below the path where the chat is mounted", async () => {
  const own = await startEmbedded();
  try {
    const { text } = await call(`${own.bench.url}/check`);
    expect(text).toContain('data-base="/chat"');
    const addresses = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address ?? "");
    expect(addresses.length).toBeGreaterThan(4);
    expect(addresses.filter((address) => !address.startsWith("/chat/"))).toEqual([]);
  } finally {
    await own.close();
  }
});
