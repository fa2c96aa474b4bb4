/** What a poll that need not wait is answered with: rows after a cursor, the newest page, or a reset. */
import { beforeAll, describe, expect, it } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, type PollBody, pollBody } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";
import { benchOf, park, send } from "../support/waiting.js";

const app = standalone();
const epoch = () => app().chat.store.log.epoch;

async function poll(query: string): Promise<PollBody> {
  const answer = await call(`${app().url}/poll?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return pollBody(answer);
}

const textsOf = ({ messages }: PollBody) => messages.map(({ text }) => text);

describe("on an empty log", () => {
  it("next is 0 with the epoch, whatever the poll came with", async () => {
    const end = `0-${epoch()}`;
    expect(epoch()).toMatch(/^[A-Za-z0-9]{4,8}$/);
    for (const query of ["", "since=now&wait=0", "since=0&wait=0", `since=${end}&wait=0`])
      expect(await poll(query), query).toEqual({ messages: [], next: end, more: false, retry: 0 });
  });

  it("a poll without a cursor does not wait, one with a cursor does", async () => {
    const bench = benchOf(app());
    const waiting = await park(bench, `/poll?since=0-${epoch()}`);
    expect(await send(bench, "/poll").body).toMatchObject({ messages: [] });
    expect(waiting.isAnswered()).toBe(false);
    waiting.leave();
  });
});

describe("on a log with rows", () => {
  let ids: number[] = [];
  const at = (index: number) => ids[index] ?? 0;

  beforeAll(async () => {
    await makeRoom(app().url, "Maker", "yard", "The yard");
    ids = [];
    for (const [room, text] of [
      ["lobby", "one"],
      ["yard", "two"],
      ["lobby", "three"],
      ["lobby", "four"],
      ["yard", "five"],
    ] as const)
      ids.push(await say(app().url, "Ana", text, room));
  });

  it("rows after the cursor come at once, ascending, those of the asked rooms only", async () => {
    expect(textsOf(await poll(`since=${at(0)}`))).toEqual(["three", "four"]);
    expect(textsOf(await poll(`since=${at(0)}-${epoch()}&room=yard`))).toEqual(["two", "five"]);
    expect(textsOf(await poll(`since=${at(0)}&room=yard&room=lobby`))).toEqual([
      "two",
      "three",
      "four",
      "five",
    ]);
  });

  it("a room named many times is one room", async () => {
    const query = `since=${at(0)}${"&room=lobby".repeat(51)}`;
    expect(textsOf(await poll(query))).toEqual(["three", "four"]);
  });

  it("next is the last row's id with the epoch, also for who came with a bare id", async () => {
    expect((await poll(`since=${at(0)}`)).next).toBe(`${at(3)}-${epoch()}`);
    expect((await poll(`since=${at(4)}&wait=0`)).next).toBe(`${at(4)}-${epoch()}`);
  });

  it("limit takes the oldest first, and more says that there are others", async () => {
    const first = await poll("since=0&limit=2");
    expect(textsOf(first)).toEqual(["one", "three"]);
    expect(first).toMatchObject({ more: true, next: `${at(2)}-${epoch()}` });
    const rest = await poll(`since=${first.next}&limit=2`);
    expect(textsOf(rest)).toEqual(["four"]);
    expect(rest.more).toBe(false);
    expect((await poll("since=0&limit=3")).more).toBe(false);
  });

  it("no cursor gives the newest page, and next leads on from it", async () => {
    const page = await poll("limit=2");
    expect(textsOf(page)).toEqual(["three", "four"]);
    expect(page).toMatchObject({ next: `${at(3)}-${epoch()}`, more: false });
    expect(page).not.toHaveProperty("reset");
  });

  it("now is the end of the log, so that nothing old comes", async () => {
    const end = await poll("since=now&wait=0");
    expect(end).toMatchObject({ messages: [], next: `${at(4)}-${epoch()}` });
    const parked = await park(benchOf(app()), `/poll?since=${end.next}&room=yard`);
    await say(app().url, "Ana", "six", "yard");
    expect(textsOf(await parked.body)).toEqual(["six"]);
  });

  it.each([
    ["of another log", "epoch", () => `${at(0)}-zzzz`],
    ["of another log, though no further than this one", "epoch", () => "0-zzzz"],
    ["ahead of the log", "ahead", () => "1000000"],
    ["far ahead of the log", "ahead", () => `9007199254740991-${epoch()}`],
  ])("a cursor %s gets the newest page at once, and the reason", async (_what, reason, since) => {
    const body = await poll(`since=${since()}&limit=1`);
    expect(body.reset).toEqual({ reason });
    expect(textsOf(body)).toEqual(["four"]);
    expect(body.next).toBe(`${at(3)}-${epoch()}`);
    // The negative twin: with that cursor, nothing is amiss.
    expect(await poll(`since=${body.next}&wait=0`)).not.toHaveProperty("reset");
  });

  it("a cursor at the very end is not ahead of it", async () => {
    const newest = await say(app().url, "Ana", "the last one");
    expect(await poll(`since=${newest}&wait=0`)).not.toHaveProperty("reset");
    expect((await poll(`since=${newest + 1}&wait=0`)).reset).toEqual({ reason: "ahead" });
  });

  it("limit is 100 unless said, and 500 at most", async () => {
    const insert = app().db.prepare(
      "INSERT INTO messages (room, author_name, text) VALUES ('crowd', 'x', 'y')",
    );
    app().db.prepare("INSERT INTO rooms (name, title) VALUES ('crowd', 'Crowd')").run();
    app().db.transaction(() => {
      for (let i = 0; i < 501; i++) insert.run();
    })();
    for (const [query, count] of [
      ["", 100],
      ["&limit=1", 1],
      ["&limit=500", 500],
      ["&limit=501", 500],
      ["&limit=99999999999999999999", 500],
    ] as const)
      expect((await poll(`since=0&room=crowd${query}`)).messages, query).toHaveLength(count);
    expect((await poll("room=crowd")).messages).toHaveLength(100);
  });

  it("unknown parameters are passed over", async () => {
    expect(textsOf(await poll(`since=${at(2)}&_=17&limit=1&what`))).toEqual(["four"]);
  });
});
