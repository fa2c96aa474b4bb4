/** A poll that has caught up is parked, and answered when a row of its rooms lands, when its time is over, or when it is released. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { makeRoom, say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { benchOf, park, send } from "../support/waiting.js";

const app = standalone({ limits: { parkedMax: 0 } });
const bench = () => benchOf(app());

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a parked poll", () => {
  it("is answered with the row that lands in its room, and with the cursor after it", async () => {
    const poll = await park(bench(), "/poll?since=now");
    const id = await say(app().url, "Ana", "hello");
    const body = await poll.body;
    expect(body).toMatchObject({
      messages: [{ id, room: "lobby", kind: "message", from: { id: null, name: "Ana" }, text: "hello" }],
      next: `${id}-${app().chat.store.log.epoch}`,
      more: false,
      retry: 0,
    });
    expect(body).not.toHaveProperty("reset");
  });

  it("is not answered by a row of another room", async () => {
    await makeRoom(app().url, "Maker", "yard", "The yard");
    const inLobby = await park(bench(), "/poll?since=now&room=lobby");
    const inYard = await park(bench(), "/poll?since=now&room=yard");
    const yardId = await say(app().url, "Ana", "in the yard", "yard");
    expect((await inYard.body).messages.map(({ id }) => id)).toEqual([yardId]);
    expect(inLobby.isAnswered()).toBe(false);
    const lobbyId = await say(app().url, "Ana", "in the lobby");
    expect((await inLobby.body).messages.map(({ id }) => id)).toEqual([lobbyId]);
  });

  it("of several rooms is answered by a row of any of them, once however often a room is named", async () => {
    const poll = await park(bench(), "/poll?since=now&room=lobby&room=yard&room=yard");
    const id = await say(app().url, "Ana", "in the yard", "yard");
    expect((await poll.body).messages.map(({ id, room }) => [id, room])).toEqual([[id, "yard"]]);
  });
});

describe("a poll's time", () => {
  fakeTimers();

  /** Parks with a fixed place in the jitter and returns how long it stayed parked, to a tenth of a second. */
  async function parkedFor(query: string, random: number, prefer?: string): Promise<number> {
    vi.spyOn(Math, "random").mockReturnValue(random);
    const poll = await park(bench(), `/poll?since=now${query}`, prefer ? { headers: { prefer } } : {});
    const isParked = () => bench().parked() === 1;
    let tenths = 0;
    for (; isParked() && tenths < 600; tenths++) {
      vi.advanceTimersByTime(100);
      await turn();
    }
    expect(await poll.body).toMatchObject({ messages: [], more: false, retry: 0 });
    expect(isParked()).toBe(false);
    return tenths / 10;
  }

  it.each([
    ["", 0, 25],
    ["", 0.999_999, 20],
    ["&wait=10", 0, 10],
    ["&wait=10", 0.999_999, 8],
    ["&wait=45", 0, 45],
    ["&wait=46", 0, 45],
    ["&wait=1000000000", 0, 45],
  ])(
    "%s with the jitter's %f ends after %d s, empty, with the cursor it came with",
    async (query, random, s) => {
      const lasted = await parkedFor(query, random);
      expect(lasted).toBeLessThanOrEqual(s);
      expect(lasted).toBeGreaterThan(s - 0.21);
    },
  );

  it("is taken from Prefer, unless the address says it", async () => {
    expect(await parkedFor("", 0, "wait=7")).toBeCloseTo(7, 0);
    expect(await parkedFor("&wait=3", 0, "wait=7")).toBeCloseTo(3, 0);
  });

  it("leaves the cursor where it was", async () => {
    const id = await say(app().url, "Ana", "before the wait");
    const poll = await park(bench(), `/poll?since=${id}`);
    vi.advanceTimersByTime(25_000);
    expect((await poll.body).next).toBe(`${id}-${app().chat.store.log.epoch}`);
  });

  it("of nought is answered at once, with rows or without, while no timer moves", async () => {
    const id = await say(app().url, "Ana", "to be found");
    const found = await send(bench(), `/poll?since=${id - 1}&wait=0`).body;
    expect(found.messages.map((message) => message.id)).toEqual([id]);
    expect(await send(bench(), `/poll?since=${id}&wait=0`).body).toMatchObject({ messages: [], retry: 0 });
    expect(bench().parked()).toBe(0);
  });
});
