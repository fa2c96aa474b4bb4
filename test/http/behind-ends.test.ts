/** A stream whose reader does not take what was written and that is to end is cut: its goodbye would never be read. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Behind, fill, openBehind } from "../support/behind.js";
import { fakeTimers } from "../support/fake-timers.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { passTime } from "../support/pass-time.js";
import { openStream } from "../support/sse-reader.js";
import { standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";
import { handshakeText } from "../support/ws-client.js";

const PATHS = ["/events", "/rooms/lobby/live", "/ws"];
const app = standalone();
let from = 0;

beforeAll(async () => {
  from = await fill(app());
});

afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(benchOf(app()));
});

/** As many rows at once as one read gives. */
function requestOf(path: string, query: string, headers = "", since = from): string {
  const address = `${path}?since=${since}&limit=500${query}`;
  return path === "/ws"
    ? handshakeText(address, headers)
    : `GET ${address} HTTP/1.1\r\nHost: chat\r\n${headers}\r\n`;
}

/** Cut means at once: without a word, and without waiting for what was written. */
async function isCut({ socket, reader }: Behind): Promise<void> {
  await until(() => socket.destroyed, "cut");
  reader.destroy();
}

describe.each(PATHS)("behind on %s", (path) => {
  it("is cut when a newer reader of its client comes; another client's is not", async () => {
    const [older, other] = [
      await openBehind(app(), requestOf(path, "&client=tab-1")),
      await openBehind(app(), requestOf(path, "&client=tab-2")),
    ];
    const newer = await openStream(`${app().url}/events?since=now&client=tab-1`);
    await newer.has("event: hello");
    await isCut(older);
    expect([newer.isOver(), other.socket.destroyed]).toEqual([false, false]);
    newer.leave();
    other.socket.destroy();
    other.reader.destroy();
  });

  it("is cut when its session ends; another session's is not", async () => {
    const [ana, bo] = [await signIn(app().url, `Ana ${path}`), await signIn(app().url, `Bo ${path}`)];
    const [anas, bos] = [
      await openBehind(
        app(),
        requestOf(path, "", `Cookie: ${ana.cookie}\r\nX-Parkbench-Token: ${ana.token}\r\n`),
      ),
      await openBehind(
        app(),
        requestOf(path, "", `Cookie: ${bo.cookie}\r\nX-Parkbench-Token: ${bo.token}\r\n`),
      ),
    ];
    // The end of a session is heard of while somebody waits.
    const waiting = await park(benchOf(app()), "/poll?since=now");
    await call(`${app().url}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });
    await isCut(anas);
    expect(bos.socket.destroyed).toBe(false);
    bos.socket.destroy();
    bos.reader.destroy();
    waiting.leave();
  });

  it("is cut at a stop, though it is at no tail then", async () => {
    const own = await startStandalone();
    const behind = await openBehind(own, requestOf(path, "", "", await fill(own)));
    own.chat.stop();
    await isCut(behind);
    await own.close();
  });
});

describe("whose life ends while it is behind", () => {
  fakeTimers();

  it.each([
    ["/events", /retry: 10\n\n\r\n0\r\n\r\n$/],
    ["/rooms/lobby/live", /<\/html>\s*0\r\n\r\n$/],
  ])("on %s: is told so when it has taken what was written", async (path, goodbye) => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { socket, reader } = await openBehind(app(), requestOf(path, ""));
    const written = socket.writableLength;
    await passTime(61_000);
    expect([socket.destroyed, socket.writableLength]).toEqual([false, written]);
    const coming = reader.read();
    await until(
      () => goodbye.test(coming.last()),
      () => `its end: ${coming.last().slice(-300)}`,
    );
    const got = [...coming.all().matchAll(/\b(\d+) z{100}/g)].map(([, i]) => Number(i));
    expect(got.length).toBeGreaterThan(0);
    expect(got).toEqual(got.map((_, i) => i));
    expect(app().chat.tail.parked).toBe(0);
    reader.destroy();
  });

  it("is cut when it never does", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { socket, reader } = await openBehind(app(), requestOf("/events", ""));
    const waitMs = 15_000 + socket.writableLength / 4.096;
    await passTime(waitMs - 2000);
    expect(socket.destroyed).toBe(false);
    await passTime(2200);
    await until(() => socket.destroyed, "cut");
    reader.destroy();
  });
});
