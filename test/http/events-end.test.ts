/** A stream of events ends with a time to come back at, and leaves nobody waiting, however it ends. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import type { Room, User } from "../../src/index.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { passTime } from "../support/pass-time.js";
import { openRaw } from "../support/raw-socket.js";
import { openStream, type StreamReader, textsIn } from "../support/sse-reader.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const RETRY = /\nretry: (\d+)\n\n$/;

async function parkedAt({ url, chat }: Standalone, query = "", headers = {}): Promise<StreamReader> {
  const before = chat.tail.parked;
  const stream = await openStream(`${url}/events?since=now${query}`, headers);
  await stream.has("event: hello");
  await until(() => chat.tail.parked > before, "the stream parked");
  return stream;
}

async function retryOf(stream: StreamReader): Promise<number> {
  return Number(RETRY.exec(await stream.ended)?.[1]);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("in time", () => {
  fakeTimers();
  const app = standalone();

  it("a comment comes after 15 s of silence, not before, and again", async () => {
    const stream = await parkedAt(app());
    await passTime(14_800);
    expect(stream.text()).not.toContain("\n:\n");
    await passTime(200);
    await stream.has(/\n\n:\n\n$/);
    await until(() => app().chat.tail.parked === 1, "parked again");
    await passTime(15_000);
    await stream.has(/\n\n:\n\n:\n\n$/);
    await say(app().url, "Ana", "after the silence");
    await stream.has("after the silence");
    stream.leave();
    await nobodyWaits(benchOf(app()));
  });

  it.each([
    [0, 60_000],
    [0.9999, 48_000],
  ])(
    "it ends by itself, with chance at %d after %i ms, and is to come back at once",
    async (random, lifeMs) => {
      vi.spyOn(Math, "random").mockReturnValue(random);
      const stream = await parkedAt(app());
      await passTime(lifeMs - 300);
      expect(stream.isOver()).toBe(false);
      await passTime(300);
      expect(await retryOf(stream)).toBe(10);
      await nobodyWaits(benchOf(app()));
    },
  );
});

describe("by what happens", () => {
  const app = standalone({ limits: { parkedMax: 3 } });

  it("over the cap: 200, a retry, the end; those who are there go on", async () => {
    const there = [await parkedAt(app()), await parkedAt(app()), await parkedAt(app())];
    const tooMany = await openStream(`${app().url}/events?since=now`);
    expect(tooMany.status).toBe(200);
    expect(tooMany.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
    expect(await retryOf(tooMany)).toBeGreaterThanOrEqual(1000);
    await say(app().url, "Ana", "for those who are there");
    for (const stream of there) {
      await stream.has("for those who are there");
      stream.leave();
    }
    await nobodyWaits(benchOf(app()));
  });

  it("when storage fails, at the start or while parked: 200, a retry, the end, and no path of ours", async () => {
    const own = await startStandalone();
    // From before the first reader: what it left in memory does not reach back to it.
    await say(own.url, "Ana", "before anybody reads");
    const error = new ParkbenchError("storage_failed", "disk /srv/secret/place is gone");
    const parked = await parkedAt(own);
    const { log } = own.chat.store;
    vi.spyOn(log, "since").mockRejectedValue(error);
    vi.spyOn(log, "newest").mockRejectedValue(error);
    await say(own.url, "Ana", "nobody can read this");
    const late = await openStream(`${own.url}/events?since=0`);
    expect(late.status).toBe(200);
    for (const stream of [parked, late]) {
      if (stream === parked && !stream.isOver()) stream.leave();
      else expect(await retryOf(stream)).toBeGreaterThanOrEqual(1000);
      expect(stream.text()).not.toContain("/srv");
    }
    await nobodyWaits(benchOf(own));
    await own.close();
  });

  it("when its session ends: at once, to come back at once; another session's goes on", async () => {
    const [ana, bo] = [await signIn(app().url, "Ana S"), await signIn(app().url, "Bo S")];
    const anas = await parkedAt(app(), "", { cookie: ana.cookie });
    const bos = await parkedAt(app(), "", { cookie: bo.cookie });
    await call(`${app().url}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });
    expect(await retryOf(anas)).toBe(10);
    expect(bos.isOver()).toBe(false);
    bos.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("when a newer reader of the same client comes, by any transport; another client's goes on", async () => {
    const older = await parkedAt(app(), "&client=tab-1");
    const other = await parkedAt(app(), "&client=tab-2");
    const newer = await openStream(`${app().url}/events?since=now&client=tab-1`);
    expect(await retryOf(older)).toBeGreaterThanOrEqual(1000);
    expect([newer.isOver(), other.isOver()]).toEqual([false, false]);
    const poll = call(`${app().url}/poll?since=now&client=tab-1`);
    expect(await retryOf(newer)).toBeGreaterThanOrEqual(1000);
    await say(app().url, "Ana", "for the poll");
    expect((await poll).text).toContain("for the poll");
    other.leave();
    await nobodyWaits(benchOf(app()));
  });

  it.each(["end", "reset"] as const)("when the connection goes by %s nobody is left waiting", async (how) => {
    const raw = await openRaw(app().port);
    raw.write("GET /events?since=now HTTP/1.1\r\nHost: chat\r\n\r\n");
    await raw.until(/event: hello/);
    await until(() => app().chat.tail.parked === 1, "parked");
    raw[how]();
    await nobodyWaits(benchOf(app()));
  });
});

describe("at a stop", () => {
  it("every stream gets a retry and its end, also one that comes late", async () => {
    const app = await startStandalone();
    const streams = [await parkedAt(app), await parkedAt(app)];
    app.chat.stop();
    for (const stream of streams) expect(await retryOf(stream)).toBeLessThan(3000);
    const late = await openStream(`${app.url}/events?since=now`);
    expect(await retryOf(late)).toBeLessThan(3000);
    expect(textsIn(late.text())).toEqual([]);
    await app.close();
  });
});

describe("in a private room", () => {
  const readers = new Set(["Ana", "Bo"]);
  const host = embedded({
    identity: {
      ...hostIdentity,
      mayRead: (user: User | null, room: Room) => room.name === "lobby" && readers.has(user?.name ?? ""),
    },
  });

  it("who may not read it any more gets the end and not the message; who may goes on", async () => {
    const at = async (who: "ana" | "bo") => {
      const stream = await openStream(`${host().bench.url}/events?since=now`, {
        cookie: await host().login(who),
      });
      await stream.has("event: hello");
      return stream;
    };
    const [anas, bos] = [await at("ana"), await at("bo")];
    await until(() => host().bench.parked() === 2, "both parked");
    readers.delete("Bo");
    await host().chat.send({ room: "lobby", text: "a secret" });
    await anas.has("a secret");
    expect(await bos.ended).not.toContain("a secret");
    expect(bos.text()).toMatch(RETRY);
    expect(anas.isOver()).toBe(false);
    anas.leave();
    await nobodyWaits(host().bench);
  });
});
