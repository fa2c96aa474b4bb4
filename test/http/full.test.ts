/** LIMIT_PARKED counts whoever stays, also who is behind; whoever comes then is told when to come back, and a place is free again when it is left. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { refreshIn } from "../support/addresses.js";
import { fill, openBehind } from "../support/behind.js";
import { fakeTimers } from "../support/fake-timers.js";
import { call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { passTime } from "../support/pass-time.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone({ limits: { parkedMax: 1 } });
const bench = () => benchOf(app());

afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

describe("while one stream is all there may be", () => {
  let from = 0;

  beforeAll(async () => {
    from = await fill(app());
  });

  it("and it is behind, at no tail: a poll and a stream are answered at once with a retry; then there is room", async () => {
    const request = `GET /events?since=${from}&limit=500 HTTP/1.1\r\nHost: chat\r\n\r\n`;
    const { socket, reader } = await openBehind(app(), request);
    expect(app().chat.tail.parked).toBe(0);
    const polled = pollBody(await call(`${app().url}/poll?since=now&wait=20`));
    expect(polled).toMatchObject({ messages: [], retry: expect.toSatisfy((ms) => ms >= 1000) });
    // Who polls is served all the same, with what there is.
    const behind = pollBody(await call(`${app().url}/poll?since=${from}&wait=20&limit=1`));
    expect(behind.messages).toHaveLength(1);
    const stream = await openStream(`${app().url}/events?since=now`);
    expect(await stream.ended).toMatch(/^: the server is full\nretry: \d{4,5}\n\n$/);
    expect((await (await openSocket(app().url, "?since=now")).closed).code).toBe(1013);
    reader.destroy();
    await until(() => socket.destroyed, "gone");
    await park(bench(), "/poll?since=now");
  });

  it("the waiting page asks again after ten seconds; when there is room, it waits and goes on after one", async () => {
    const there = await openStream(`${app().url}/events?since=now`);
    await until(() => bench().parked() === 1, "parked");
    const path = "/rooms/lobby/wait?since=now";
    const full = await call(app().url + path);
    expect([full.status, refreshIn(full.text)?.s]).toEqual([200, 10]);
    there.leave();
    await nobodyWaits(bench());
    const waiting = await park(bench(), path);
    await app().chat.send({ room: "lobby", text: "for who waits" });
    expect(refreshIn((await waiting.answer).text)?.s).toBe(1);
  });
});

describe("the place of a stream is free again", () => {
  const PATHS = ["/events", "/rooms/lobby/live"];

  async function opened(path: string, query = "", headers = {}) {
    const stream = await openStream(`${app().url}${path}?since=now${query}`, headers);
    await until(() => bench().parked() === 1, "parked");
    return stream;
  }

  it.each(PATHS)("when its connection goes (%s)", async (path) => {
    for (let i = 0; i < 3; i++) {
      (await opened(path)).leave();
      await nobodyWaits(bench());
    }
    await park(bench(), "/poll?since=now");
  });

  it.each(PATHS)("for the newer reader of its client, and when that goes, too (%s)", async (path) => {
    const older = await opened(path, "&client=tab-1");
    const newer = await opened(path, "&client=tab-1");
    await older.ended;
    expect(newer.isOver()).toBe(false);
    newer.leave();
    await nobodyWaits(bench());
    await park(bench(), "/poll?since=now&client=tab-1");
  });

  it.each(PATHS)("when its session ends (%s)", async (path) => {
    const { cookie, token } = await signIn(app().url, `Ana of ${path}`);
    const stream = await opened(path, "", { cookie });
    await call(`${app().url}/session/end`, { form: { token }, headers: { cookie } });
    await stream.ended;
    await park(bench(), "/poll?since=now");
  });

  it("when its WebSocket is closed, however often", async () => {
    for (const how of ["close", "terminate"] as const) {
      const reader = await openSocket(app().url, "?since=now");
      await until(() => bench().parked() === 1, "parked");
      reader.socket[how]();
      await nobodyWaits(bench());
    }
    await park(bench(), "/poll?since=now");
  });

  describe("in time", () => {
    fakeTimers();

    it.each(PATHS)("when its life is over (%s)", async (path) => {
      vi.spyOn(Math, "random").mockReturnValue(0);
      const stream = await opened(path);
      for (let s = 0; s < 61; s++) {
        await passTime(1000);
        await until(() => bench().parked() === 1 || stream.isOver(), "parked again");
      }
      await stream.ended;
      await park(bench(), "/poll?since=now");
    });
  });
});
