/** What an overloaded server gives up, in this order: long parks, parks, sends. Nobody is told a lie, and no row is lost. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { refreshIn } from "../support/addresses.js";
import { fakeTimers } from "../support/fake-timers.js";
import { call, idOf, pollBody } from "../support/http-client.js";
import { overload, refuseReads } from "../support/overload.js";
import { passTime } from "../support/pass-time.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, send } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
const bench = () => benchOf(app());
let from = 0;

async function say(text: string): Promise<number> {
  return idOf(await call(`${app().url}/send`, { form: { name: "Ana", text } }));
}

beforeEach(async () => {
  from = await say("before");
});
afterEach(async () => {
  vi.restoreAllMocks();
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

describe("at level 2", () => {
  beforeEach(() => overload(app().chat, 2));

  it("a poll is answered at once, with a retry that is different for each, and parked by nobody", async () => {
    const retries = new Set<number>();
    for (let n = 0; n < 20; n++) {
      const { messages, next, retry } = pollBody(await call(`${app().url}/poll?since=${from}&wait=25`));
      expect([messages, next.split("-")[0]]).toEqual([[], String(from)]);
      expect(retry).toSatisfy((ms: number) => ms >= 2000 && ms < 8000);
      retries.add(retry);
    }
    expect(retries.size).toBeGreaterThan(15);
    expect(bench().parked()).toBe(0);
  });

  it("sends are taken, and a poll gets their rows; who was parked before is woken by them", async () => {
    overload(app().chat, 0);
    const before = await park(bench(), `/poll?since=${from}`);
    overload(app().chat, 2);
    await say("taken");
    expect((await before.body).messages).toMatchObject([{ text: "taken" }]);
    const polled = pollBody(await call(`${app().url}/poll?since=${from}&wait=25`));
    expect(polled).toMatchObject({ messages: [{ text: "taken" }], retry: 0 });
  });

  it("streams end as on a full server, without a read of the log; a waiting page comes back in ten seconds", async () => {
    const newest = vi.spyOn(app().chat.store.log, "newest");
    const stream = await openStream(`${app().url}/events?since=now`);
    expect(await stream.ended).toMatch(/^: the server is full\nretry: \d{4,5}\n\n$/);
    expect((await (await openSocket(app().url, "?since=now")).closed).code).toBe(1013);
    expect(newest).not.toHaveBeenCalled();
    expect((await call(`${app().url}/rooms/lobby/live?since=now`)).status).toBe(200);
    const page = await call(`${app().url}/rooms/lobby/wait?since=${from}`);
    expect(refreshIn(page.text)?.s).toBe(10);
  });

  it("who is up to date costs no read, as long as somebody is there", async () => {
    overload(app().chat, 0);
    const there = await park(bench(), `/poll?since=${from}&wait=45`);
    overload(app().chat, 2);
    refuseReads(app().chat.store);
    expect(pollBody(await call(`${app().url}/poll?since=${from}&wait=25`)).messages).toEqual([]);
    there.leave();
  });
});

describe("at level 3", () => {
  it("a poll is answered without a read, its cursor as it was, and gets its rows when it is over", async () => {
    const epoch = app().chat.store.log.epoch;
    const id = await say("while it is busy");
    overload(app().chat, 3);
    refuseReads(app().chat.store);
    const { full = 0 } = app().chat.stats().refused;
    for (const since of [from, `${from}-${epoch}`]) {
      const answer = pollBody(await call(`${app().url}/poll?since=${since}&wait=25`));
      expect(answer).toMatchObject({ messages: [], next: `${from}-${epoch}` });
      expect(answer.retry).toBeGreaterThanOrEqual(2000);
    }
    expect(app().chat.stats()).toMatchObject({ loadLevel: 3, refused: { full: full + 2 } });
    vi.restoreAllMocks();
    expect(pollBody(await call(`${app().url}/poll?since=${from}`)).messages).toMatchObject([{ id }]);
  });

  it("a cursor of another log is told so: given back as ours it would skip rows", async () => {
    overload(app().chat, 3);
    const answer = pollBody(await call(`${app().url}/poll?since=1-Other&wait=25`));
    expect(answer.reset).toEqual({ reason: "epoch" });
  });

  it("healthz answers 200", async () => {
    overload(app().chat, 3);
    expect((await call(`${app().url}/healthz`)).status).toBe(200);
  });

  it("who waits is woken by what another program writes", async () => {
    const waiting = send(bench(), `/poll?since=${from}`);
    await until(() => bench().parked() === 1, "parked");
    overload(app().chat, 3);
    app().db.exec("INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'cron', 'foreign')");
    expect((await waiting.body).messages).toMatchObject([{ text: "foreign" }]);
  });
});

// The last, as a bell that began to listen in faked time stays in it.
describe("at level 1", () => {
  fakeTimers();

  it.each([
    ["a poll", () => `/poll?since=${from}&wait=45`],
    ["a waiting page", () => `/rooms/lobby/wait?since=${from}`],
  ])("%s is answered after five seconds; negative twin: at level 0 it waits on", async (_what, path) => {
    for (const [level, parked] of [
      [1, 0],
      [0, 1],
    ] as const) {
      overload(app().chat, level);
      const waiting = await park(bench(), path());
      await passTime(3900);
      expect(bench().parked()).toBe(1);
      await passTime(1300);
      if (parked === 0) await waiting.answer;
      expect(bench().parked()).toBe(parked);
      waiting.leave();
      await nobodyWaits(bench());
    }
  });

  it("a row still comes at once, and streams are opened", async () => {
    overload(app().chat, 1);
    const waiting = await park(bench(), `/poll?since=${from}`);
    const stream = await openStream(`${app().url}/events?since=now`);
    await until(() => bench().parked() === 2, "both parked");
    await say("at once");
    expect((await waiting.body).messages).toMatchObject([{ text: "at once" }]);
    stream.leave();
  });
});
