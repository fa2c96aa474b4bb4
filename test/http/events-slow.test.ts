/** A stream of events whose other end reads slowly, or not at all, costs no more than its buffer, and loses nothing. */
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { passTime } from "../support/pass-time.js";
import { openStalled } from "../support/stalled.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();

describe("a reader", () => {
  fakeTimers();

  it("who reads nothing is cut when a slow link would have taken it; who reads gets all of it", async () => {
    const insert = app().db.prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Big', ?)",
    );
    const sockets: Socket[] = [];
    app().server.on("connection", (socket) => sockets.push(socket));
    const from = await say(app().url, "Ana", "before the big ones");
    const request = `GET /events?since=${from}&limit=1 HTTP/1.1\r\nHost: chat\r\n\r\n`;
    const [slow, deaf] = [await openStalled(app().port, request), await openStalled(app().port, request)];
    const rows = 60;
    for (let i = 0; i < rows; i++) insert.run(`${i} `.padEnd(1 << 18, "z"));
    await say(app().url, "Ana", "ring");
    await until(() => sockets.filter(({ writableLength }) => writableLength > 0).length === 2, "both full");
    await nobodyWaits(benchOf(app()));
    const full = sockets.filter(({ writableLength }) => writableLength > 0);
    // One row beyond what the connection's buffer takes.
    for (const { writableLength } of full) expect(writableLength).toBeLessThan(2 * (1 << 18));
    await passTime(14_000);
    const coming = slow.read();
    await until(() => coming.last().includes('"ring"'), "everything");
    const got = [...coming.all().matchAll(/"text":"(\d+) z/g)].map(([, i]) => Number(i));
    expect(got).toEqual(Array.from({ length: rows }, (_, i) => i));
    expect(full.some(({ destroyed }) => destroyed)).toBe(false);
    // 15 s in all, and a second for each 4 KiB; its life is over meanwhile, but it is not told before it has drained.
    await passTime(1200 + Math.max(...full.map(({ writableLength }) => writableLength)) / 4.096);
    await until(() => full.filter(({ destroyed }) => destroyed).length === 1, "the deaf one cut");
    slow.destroy();
    deaf.destroy();
    await nobodyWaits(benchOf(app()));
  });
});
