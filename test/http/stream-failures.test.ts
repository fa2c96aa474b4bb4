/** When storage fails while a stream is open: it ends with a time to come back at, or goes on where it was. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { fakeTimers } from "../support/fake-timers.js";
import { say } from "../support/guest.js";
import { passTime } from "../support/pass-time.js";
import { openStream, textsIn } from "../support/sse-reader.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

/** A new one for each test: nothing is in memory that a read would be saved by. */
let app: Standalone;

beforeEach(async () => {
  app = await startStandalone();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await nobodyWaits(benchOf(app));
  await app.close();
});

const FAILED = new ParkbenchError("storage_failed", "disk /srv/secret/place is gone");

/** The log gives what follows this cursor and then nothing more. */
function failAfter(from: number): void {
  const { log } = app.chat.store;
  const since = log.since.bind(log);
  vi.spyOn(log, "since").mockImplementation((rooms, after, limit) =>
    after === from ? since(rooms, after, limit) : Promise.reject(FAILED),
  );
}

describe("storage that fails between two batches", () => {
  it("ends a stream of events with a retry, behind the row that came", async () => {
    const from = await say(app.url, "Ana", "before");
    await say(app.url, "Ana", "came");
    failAfter(from);
    const stream = await openStream(`${app.url}/events?since=${from}&limit=1`);
    const text = await stream.ended;
    expect(textsIn(text)).toEqual(["came"]);
    expect(text).toMatch(/\n: [^\n]+\nretry: \d{4,5}\n\n$/);
    expect(text).not.toContain("/srv");
  });

  it("ends a WebSocket with a problem and 1011, behind the row that came", async () => {
    const from = await say(app.url, "Ana", "before");
    await say(app.url, "Ana", "came");
    failAfter(from);
    const reader = await openSocket(app.url, `?since=${from}&limit=1`);
    expect((await reader.closed).code).toBe(1011);
    expect(reader.texts()).toEqual(["came"]);
    expect(reader.frames.at(-1)).toMatchObject({ status: 503, code: "storage_failed" });
    expect(reader.raw.join()).not.toContain("/srv");
  });
});

describe("storage that fails while streams are parked", () => {
  fakeTimers();

  it("leaves them there: a second later they get what they could not be given", async () => {
    const stream = await openStream(`${app.url}/events?since=now`);
    const socket = await openSocket(app.url, "?since=now");
    await until(() => app.chat.tail.parked === 2, "both parked");
    // What streams read on entering has been read by now.
    await say(app.url, "Ana", "shows that both listen");
    await until(() => socket.texts().length === 1 && textsIn(stream.text()).length === 1, "both");
    await until(() => app.chat.tail.parked === 2, "both parked again");
    const failing = vi.spyOn(app.chat.store.log, "since").mockRejectedValue(FAILED);
    await say(app.url, "Ana", "while it fails");
    await until(() => failing.mock.calls.length > 0, "a read that fails");
    expect([stream.isOver(), socket.socket.readyState]).toEqual([false, socket.socket.OPEN]);
    expect(app.chat.tail.parked).toBe(2);
    failing.mockRestore();
    await passTime(1000);
    await until(() => socket.texts().length === 2 && textsIn(stream.text()).length === 2, "the row");
    for (const texts of [socket.texts(), textsIn(stream.text())]) expect(texts.at(-1)).toBe("while it fails");
    socket.socket.terminate();
    stream.leave();
  });
});
