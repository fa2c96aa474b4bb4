/** To a reader who does not read, nothing more is written once so much is unread; it loses nothing, and does not stay for ever. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fill, openBehind } from "../support/behind.js";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { passTime } from "../support/pass-time.js";
import { openStalled, type Stalled } from "../support/stalled.js";
import { type Standalone, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { handshakeText } from "../support/ws-client.js";

const MIB = 1 << 20;
const small = standalone();
const large = standalone({ limits: { bufferBytesMax: 4 * MIB } });
/** What a batch of the big rows weighs, at most, and what a connection buffers by itself. */
const BATCH = 1.2 * MIB;

const events = (from: number) => `GET /events?since=${from}&limit=500 HTTP/1.1\r\nHost: chat\r\n\r\n`;
const frames = (from: number) => handshakeText(`/ws?since=${from}&limit=500`);

const readers: Stalled[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const reader of readers.splice(0)) reader.destroy();
  for (const app of [small(), large()]) {
    app.server.closeAllConnections();
    await nobodyWaits(benchOf(app));
  }
});

describe.each([
  ["a stream", events],
  ["a WebSocket", frames],
])("%s that is not read", (_what, requestOf) => {
  it.each([
    ["64 KiB, the default: one batch", small, 0, BATCH],
    ["4 MiB: as many batches as it takes", large, 4 * MIB, 4 * MIB + BATCH],
  ] as const)("has unread at %s; then it gets all of it", async (_name, app, least, most) => {
    const from = await fill(app());
    await say(app().url, "Ana", "the last");
    const { socket, reader } = await openBehind(app(), requestOf(from));
    readers.push(reader);
    await until(
      () => socket.writableLength >= least && benchOf(app()).parked() === 0,
      () => `${socket.writableLength} unread`,
    );
    expect(socket.writableLength).toBeLessThan(most);
    const coming = reader.read();
    await until(() => coming.last().includes("the last"), "everything");
    const got = [...coming.all().matchAll(/"text":"(\d+) z/g)].map(([, i]) => Number(i));
    expect(got).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });
});

describe("in time", () => {
  fakeTimers();

  /** The kernel's buffers are full, and less is unread here than the limit. */
  async function almostFull(app: Standalone) {
    const connected = new Promise<Socket>((done) => app.server.once("connection", done));
    const reader = await openStalled(app.port, events(0).replace("since=0", "since=now"));
    const socket = await connected;
    await until(() => app.chat.tail.parked === 1, "parked");
    for (let i = 0; i < 2000 && !socket.writableNeedDrain; i++) {
      await app.chat.send({ room: "lobby", text: "\u{1f333}".repeat(4000) });
      await until(() => app.chat.tail.parked === 1, "parked again");
    }
    readers.push(reader);
    return socket;
  }

  it("one whose buffer is not drained at the end of its life is cut, as it would not take the goodbye either", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const socket = await almostFull(large());
    await passTime(59_000);
    expect(socket.destroyed).toBe(false);
    await passTime(1100);
    await until(() => socket.destroyed, "cut");
  });
});
