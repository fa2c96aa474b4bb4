/** A WebSocket whose other end reads slowly, or not at all, costs no more than its buffer, and loses nothing. */
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { passTime } from "../support/pass-time.js";
import { openStalled } from "../support/stalled.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { frameOf, handshakeText } from "../support/ws-client.js";

const app = standalone();

describe("a reader", () => {
  fakeTimers();

  it("who reads nothing is sent one batch beyond its buffer, then all of it, or is cut when a slow link would have taken it", async () => {
    const insert = app().db.prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Big', ?)",
    );
    const sockets: Socket[] = [];
    app().server.on("connection", (socket) => sockets.push(socket));
    const from = await say(app().url, "Ana", "before the big ones");
    const [slow, deaf] = [
      await openStalled(app().port, handshakeText(`/ws?since=${from}&limit=1`)),
      await openStalled(app().port, handshakeText(`/ws?since=${from}&limit=1`)),
    ];
    const rows = 60;
    for (let i = 0; i < rows; i++) insert.run(`${i} `.padEnd(1 << 18, "z"));
    await say(app().url, "Ana", "ring");
    const full = () => sockets.filter(({ writableLength }) => writableLength > 0);
    await until(() => full().length === 2 && app().chat.tail.parked === 0, "both full");
    const both = full();
    for (const { writableLength } of both) expect(writableLength).toBeLessThan(2 * (1 << 18));
    // 15 s, and a second for each 4 KiB.
    const waitMs = 15_000 + Math.max(...both.map(({ writableLength }) => writableLength)) / 4.096;
    await passTime(waitMs - 1000);
    const coming = slow.read();
    await until(() => coming.last().includes('"ring"'), "everything");
    const got = [...coming.all().matchAll(/"text":"(\d+) z/g)].map(([, i]) => Number(i));
    expect(got).toEqual(Array.from({ length: rows }, (_, i) => i));
    await passTime(1200);
    await until(() => both.filter(({ destroyed }) => destroyed).length === 1, "the deaf one cut");
    for (const socket of [slow, deaf]) socket.destroy();
    await nobodyWaits(benchOf(app()));
  });

  it.each([
    ["pings", frameOf(9, "x".repeat(100))],
    ["frames", frameOf(1, "{")],
  ])("a flood of %s by one that reads nothing does not fill our memory", async (_what, frame) => {
    const sockets: Socket[] = [];
    app().server.on("connection", (socket) => sockets.push(socket));
    const flood = await openStalled(app().port, handshakeText("/ws?since=now"));
    await until(() => app().chat.tail.parked === 1, "parked");
    let most = 0;
    const bytes = Buffer.concat(Array.from({ length: 5000 }, () => frame));
    for (let i = 0; i < 200; i++) {
      flood.write(bytes);
      await turn();
      most = Math.max(most, ...sockets.map(({ writableLength }) => writableLength));
    }
    // What one read of the connection can hold in answers, and no more.
    expect(most).toBeLessThan(4 << 20);
    flood.destroy();
    await nobodyWaits(benchOf(app()));
  });
});
