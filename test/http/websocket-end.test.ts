/** A WebSocket that ends says why by its code, and leaves nobody waiting; one whose other end is gone is found out. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import type { Room, User } from "../../src/index.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { passTime } from "../support/pass-time.js";
import { openRaw } from "../support/raw-socket.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { handshakeText, openSocket } from "../support/ws-client.js";

async function parkedAt({ url, chat }: Standalone, query = "") {
  const before = chat.tail.parked;
  const reader = await openSocket(url, `?since=now${query}`);
  await reader.has(1);
  await until(() => chat.tail.parked > before, "parked");
  return reader;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("in time", () => {
  fakeTimers();
  const app = standalone();

  it("a ping comes after 15 s; who answers stays, who does not is cut at the next", async () => {
    const alive = await parkedAt(app());
    let pings = 0;
    alive.socket.on("ping", () => pings++);
    const halfOpen = await openRaw(app().port);
    halfOpen.write(handshakeText("/ws?since=now"));
    await halfOpen.until(/"messages":\[\]/);
    await until(() => app().chat.tail.parked === 2, "both parked");
    await passTime(14_800);
    expect(pings).toBe(0);
    await passTime(300);
    await until(() => pings === 1 && app().chat.tail.parked === 2, "a ping");
    await say(app().url, "Ana", "shows that the pong has come");
    await until(() => alive.texts().length === 1 && app().chat.tail.parked === 2, "a row");
    await passTime(15_200);
    await halfOpen.gone;
    await until(() => pings === 2, "another ping");
    expect(alive.socket.readyState).toBe(alive.socket.OPEN);
    alive.socket.terminate();
    await nobodyWaits(benchOf(app()));
  });

  it("its life is over after at most ten minutes: 1000", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const reader = await parkedAt(app());
    for (let s = 0; s < 599; s += 1) {
      await passTime(1000);
      await until(() => app().chat.tail.parked === 1, "parked again");
    }
    expect(reader.socket.readyState).toBe(reader.socket.OPEN);
    await passTime(1500);
    expect((await reader.closed).code).toBe(1000);
    await nobodyWaits(benchOf(app()));
  });
});

describe("by what happens", () => {
  const app = standalone({ limits: { parkedMax: 2 } });

  it("4002 for a newer reader of the same client, 1013 over the cap; the others go on", async () => {
    const older = await parkedAt(app(), "&client=tab-1");
    const other = await parkedAt(app(), "&client=tab-2");
    const newer = await openSocket(app().url, "?since=now&client=tab-1");
    expect((await older.closed).code).toBe(4002);
    await newer.has(1);
    expect((await (await openSocket(app().url, "?since=now")).closed).code).toBe(1013);
    await say(app().url, "Ana", "for those who are there");
    for (const reader of [newer, other]) {
      await until(() => reader.texts().length === 1, "the row");
      reader.socket.terminate();
    }
    await nobodyWaits(benchOf(app()));
  });

  it("1011 and a problem when storage fails, and no path of ours", async () => {
    const reader = await openSocket(app().url, "?since=now");
    await reader.has(1);
    const error = new ParkbenchError("storage_failed", "disk /srv/secret/place is gone");
    vi.spyOn(app().chat.store.log, "since").mockRejectedValue(error);
    vi.spyOn(app().chat.store.log, "newest").mockRejectedValue(error);
    const late = await openSocket(app().url, "?since=999999");
    expect((await late.closed).code).toBe(1011);
    expect(late.frames).toMatchObject([{ status: 503, code: "storage_failed" }]);
    expect(late.raw.join()).not.toContain("/srv");
    reader.socket.terminate();
    await nobodyWaits(benchOf(app()));
  });
});

describe("at a stop", () => {
  it("1012, also where the other end never answers the close; and closing does not hang", async () => {
    const app = await startStandalone();
    const reader = await parkedAt(app);
    const mute = await openRaw(app.port);
    mute.write(handshakeText("/ws?since=now"));
    await mute.until(/"messages":\[\]/);
    app.chat.stop();
    expect((await reader.closed).code).toBe(1012);
    await mute.until(/\x88.*closing$/s);
    await mute.gone;
    const late = await openSocket(app.url, "?since=now");
    expect((await late.closed).code).toBe(1012);
    await app.close();
  });
});

describe("in a host", () => {
  const readers = new Set(["Ana", "Bo"]);
  const host = embedded({
    identity: {
      ...hostIdentity,
      mayRead: (user: User | null, room: Room) => room.name === "lobby" && readers.has(user?.name ?? ""),
    },
  });

  it("a reader is who the host's session says, and 4004 comes in place of a room that it may not read any more", async () => {
    const at = async (who: "ana" | "bo") => {
      const cookie = await host().login(who);
      const reader = await openSocket(host().bench.url, "?since=now", {
        headers: { cookie },
        origin: host().host,
      });
      await reader.has(1);
      return reader;
    };
    await expect(openSocket(host().bench.url)).rejects.toThrow("404");
    const [anas, bos] = [await at("ana"), await at("bo")];
    await until(() => host().bench.parked() === 2, "both parked");
    bos.send({ text: "as Bo" });
    await until(() => bos.frames.length === 3 && anas.frames.length === 2, "stored");
    expect(anas.frames[1].messages).toMatchObject([{ from: { id: "u-bo", name: "Bo" } }]);
    await until(() => host().bench.parked() === 2, "both parked again");
    readers.delete("Bo");
    await host().chat.send({ room: "lobby", text: "a secret" });
    expect((await bos.closed).code).toBe(4004);
    expect(bos.frames.at(-1)).toMatchObject({ status: 404, code: "no_room" });
    expect(bos.raw.join()).not.toContain("a secret");
    await until(() => anas.texts().includes("a secret"), "Ana's");
    anas.socket.terminate();
    await nobodyWaits(host().bench);
    expect((await call(`${host().bench.url}/ws`)).status).toBe(426);
  });
});
