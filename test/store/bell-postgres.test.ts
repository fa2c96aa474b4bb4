/** The bell on PostgreSQL by itself: dead connections are found and made anew, deaf ones are said to be, once each. */
import { EventEmitter } from "node:events";
import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PostgresBell } from "../../src/store/bell-postgres.js";

/** A connection that answers as it is told to. */
class FakeClient extends EventEmitter {
  readonly asked: string[] = [];
  answer: (sql: string) => Promise<unknown> = async () => {};
  isEnded = false;
  connect = async () => {};
  query(sql: string): Promise<unknown> {
    this.asked.push(sql);
    return this.answer(sql);
  }
  async end(): Promise<void> {
    this.isEnded = true;
    this.emit("end");
  }
  hear(payload = ""): void {
    this.emit("notification", { channel: "parkbench", payload });
  }
}

let clients: FakeClient[];
/** What the next connections do with a statement. */
let answer: FakeClient["answer"];
let notified: string[];
let notify: (payload: string) => Promise<void>;
let warnings: string[];
let infos: string[];
let rings: number;
let bell: PostgresBell;

const newest = (): FakeClient => clients.at(-1) as FakeClient;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const probes = (): string[] => notified.filter((payload) => payload.startsWith("probe:"));

describe("the bell on PostgreSQL", () => {
  beforeEach(async () => {
    vi.useFakeTimers();
    [clients, notified, warnings, infos, rings] = [[], [], [], [], 0];
    answer = async () => {};
    // Everybody hears it, whoever listens.
    notify = async (payload) => newest().hear(payload);
    bell = new PostgresBell({
      connect: () => {
        const client = new FakeClient();
        client.answer = answer;
        clients.push(client);
        return client as unknown as Client;
      },
      notify: (payload) => {
        notified.push(payload);
        return notify(payload);
      },
      logger: {
        info: (_fields, text) => infos.push(text ?? ""),
        warn: (_fields, text) => warnings.push(text ?? ""),
        error: () => {},
      },
    });
    bell.onRing(() => (rings += 1));
    await pass(0);
  });
  afterEach(async () => {
    await bell.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("listens, rings once for what came before, and then for each notification", () => {
    expect(newest().asked).toEqual(["LISTEN parkbench"]);
    expect(rings).toBe(1);
    newest().hear();
    newest().hear("1043");
    newest().emit("notification", { channel: "another", payload: "" });
    expect(rings).toBe(3);
  });

  it("rings once for a commit of its own, though PostgreSQL tells everybody of it, and for one of another process", async () => {
    bell.ring();
    await pass(10);
    const own = notified.filter((payload) => !payload.startsWith("probe:"));
    expect([own.length, rings]).toEqual([1, 2]);
    newest().hear(`${own[0]}0`);
    expect(rings).toBe(3);
  });

  it("makes a lost connection anew, listens before it rings, and says so once", async () => {
    answer = () => Promise.reject(new Error("starting up"));
    newest().emit("error", new Error("cut"));
    newest().emit("end");
    await pass(10_000);
    expect(clients.length).toBeGreaterThan(4);
    expect(warnings).toHaveLength(1);
    expect(rings).toBe(1);
    answer = async () => {};
    await pass(2000);
    expect(infos).toEqual(["new messages of other processes are heard of again"]);
    expect(rings).toBe(2);
    const { length } = clients;
    await pass(10_000);
    expect(clients).toHaveLength(length);
  });

  it("finds by a ping within 15 seconds that nobody answers any more", async () => {
    newest().answer = () => Promise.reject(new Error("Query read timeout"));
    await pass(15_000);
    expect(clients[0]?.isEnded).toBe(true);
    await pass(200);
    expect(clients).toHaveLength(2);
    expect(newest().asked).toEqual(["LISTEN parkbench"]);
  });

  it("keeps a connection that answers, and one that hears its probe is not deaf", async () => {
    await pass(120_000);
    expect(clients).toHaveLength(1);
    expect(newest().asked.filter((sql) => sql === "SELECT 1")).toHaveLength(8);
    expect(probes()).toHaveLength(1);
    expect(warnings).toEqual([]);
    // Another process's probe is no ring.
    newest().hear("probe:somebody else's");
    expect(rings).toBe(1);
  });

  it("says once that nothing is heard, tries again every minute, and says when it is over", async () => {
    notify = async () => {};
    newest().emit("error", new Error("cut"));
    await pass(4500);
    expect(warnings).toHaveLength(1);
    await pass(2000);
    expect(warnings).toHaveLength(2);
    expect(warnings[1]).toMatch(/DATABASE_LISTEN_URL/);
    await pass(130_000);
    expect(warnings).toHaveLength(2);
    expect(probes().length).toBeGreaterThanOrEqual(4);
    notify = async (payload) => newest().hear(payload);
    await pass(65_000);
    expect(infos.at(-1)).toBe("notifications of PostgreSQL arrive again");
  });

  it("does not call itself deaf for a probe that could not be said", async () => {
    notify = () => Promise.reject(new Error("no connection"));
    newest().emit("error", new Error("cut"));
    await pass(60_000);
    expect(warnings).toHaveLength(1);
    expect(probes().length).toBeGreaterThan(5);
  });

  it("rings for control rows that somebody has seen in the log and no notification told of", () => {
    bell.noticeControl(5);
    bell.noticeControl(5);
    expect(rings).toBe(1);
    bell.noticeControl(6);
    bell.noticeControl(6);
    expect(rings).toBe(2);
  });

  it("rings here at once, tells the others, and merges what comes meanwhile", async () => {
    let isTold = () => {};
    notify = () => new Promise((done) => (isTold = done));
    for (let n = 0; n < 5; n++) bell.ring();
    expect(rings).toBe(6);
    isTold();
    await pass(10);
    isTold();
    await pass(10);
    expect(notified.filter((payload) => payload.startsWith("ring:"))).toHaveLength(2);
  });
});
