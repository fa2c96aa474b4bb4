/** With `echo=0` a reader does not get what its own user wrote, on any transport; everybody else does. */
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { PollEncoder } from "../../src/http/encode.js";
import { fakeTimers } from "../support/fake-timers.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { passTime } from "../support/pass-time.js";
import { eventsIn, openStream, textsIn } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, type Waiting } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone();
const url = () => app().url;
let ana: Member;
let bo: Member;
const by = ({ cookie }: Member) => ({ headers: { cookie } });

async function sendBy({ cookie, token }: Member, text: string): Promise<number> {
  const answer = await call(`${url()}/send`, { form: { text, token }, headers: { cookie } });
  expect(answer.status, answer.text).toBe(201);
  return JSON.parse(answer.text).id;
}

beforeAll(async () => {
  [ana, bo] = [await signIn(url(), "Ana E"), await signIn(url(), "Bo E")];
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a poll with echo=0", () => {
  it("waits on behind its own user's rows, and is answered with the next of somebody else", async () => {
    const quiet = await park(benchOf(app()), "/poll?since=now&echo=0", by(ana));
    const others = await park(benchOf(app()), "/poll?since=now&echo=0", by(bo));
    const nobodys = await park(benchOf(app()), "/poll?since=now&echo=0");
    const own = await sendBy(ana, "Ana's own");
    for (const poll of [others, nobodys])
      expect((await poll.body).messages).toMatchObject([{ id: own, text: "Ana's own" }]);
    await until(() => app().chat.tail.parked === 1, "parked again");
    expect(quiet.isAnswered()).toBe(false);
    const id = await sendBy(bo, "Bo's");
    const body = await quiet.body;
    expect(body.messages.map(({ text }) => text)).toEqual(["Bo's"]);
    expect(body.next).toMatch(new RegExp(`^${id}-`));
  });

  it("that does not wait moves next over them; without it they are there", async () => {
    const since = await sendBy(bo, "from here");
    const own = await sendBy(ana, "own again");
    const quiet = pollBody(await call(`${url()}/poll?since=${since}&wait=0&echo=0`, by(ana)));
    expect(quiet).toMatchObject({ messages: [], next: expect.stringMatching(`^${own}-`), more: false });
    for (const query of ["", "&echo=1"]) {
      const loud = pollBody(await call(`${url()}/poll?since=${since}&wait=0${query}`, by(ana)));
      expect(loud.messages).toMatchObject([{ id: own }]);
    }
  });

  it.each(["/poll", "/events"])("of another value is refused (%s)", async (path) => {
    for (const echo of ["2", "", "0&echo=0"]) {
      const refused = await call(`${url()}${path}?echo=${echo}`);
      expect([refused.status, codeOf(refused)]).toEqual([400, "bad_echo"]);
    }
  });
});

describe("the time of a poll with echo=0", () => {
  fakeTimers();

  it("is kept over the rows that it waits behind: it does not begin anew with each", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const quiet = await park(benchOf(app()), "/poll?since=now&echo=0&wait=20", by(ana));
    await passTime(15_000);
    expect(quiet.isAnswered()).toBe(false);
    const own = await sendBy(ana, "own, while waiting");
    await until(() => app().chat.tail.parked === 1, "parked again");
    await passTime(4000);
    expect(quiet.isAnswered()).toBe(false);
    await passTime(1500);
    const next = expect.stringMatching(`^${own}-`);
    expect(await quiet.body).toMatchObject({ messages: [], next, retry: 0 });
  });
});

describe("a stream with echo=0", () => {
  it("of events passes over them, and its id moves with them", async () => {
    const quiet = await openStream(`${url()}/events?since=now&echo=0`, { cookie: ana.cookie });
    const others = await openStream(`${url()}/events?since=now&echo=0`, { cookie: bo.cookie });
    await until(() => app().chat.tail.parked === 2, "both parked");
    const own = await sendBy(ana, "Ana's own event");
    await quiet.has(`\n\nid: ${own}-`);
    const id = await sendBy(bo, "Bo's event");
    await quiet.has("Bo's event");
    await others.has("Ana's own event");
    expect(textsIn(quiet.text())).toEqual(["Bo's event"]);
    expect(eventsIn(quiet.text()).at(-1)?.id).toMatch(new RegExp(`^${id}-`));
    expect(quiet.text()).not.toContain("Ana's own");
    expect(textsIn(others.text())).toEqual(["Ana's own event"]);
    for (const stream of [quiet, others]) stream.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("by WebSocket passes over them, and acknowledges them still", async () => {
    const options = { headers: { cookie: ana.cookie, "X-Parkbench-Token": ana.token } };
    const quiet = await openSocket(url(), "?since=now&echo=0", options);
    const loud = await openSocket(url(), "?since=now", options);
    await quiet.has(1);
    quiet.send({ text: "Ana's own frame" });
    await until(() => quiet.frames.some(({ status }) => status === 201), "acknowledged");
    const id = await sendBy(bo, "Bo's frame");
    await until(() => quiet.texts().length > 0 && loud.texts().length > 1, "both");
    expect(quiet.texts()).toEqual(["Bo's frame"]);
    expect(loud.texts()).toEqual(["Ana's own frame", "Bo's frame"]);
    expect(quiet.frames.at(-1).next).toMatch(new RegExp(`^${id}-`));
    for (const { socket } of [quiet, loud]) socket.terminate();
    await nobodyWaits(benchOf(app()));
  });

  it("of HTML passes over them, and says so in its way on", async () => {
    const quiet = await openStream(`${url()}/rooms/lobby/live?since=now&echo=0`, { cookie: ana.cookie });
    await until(() => app().chat.tail.parked === 1, "parked");
    await sendBy(ana, "Ana's own in HTML");
    const id = await sendBy(bo, "Bo's in HTML");
    await quiet.has("Bo's in HTML".replace("'", "&#39;"));
    expect(quiet.text()).not.toContain("own in HTML");
    await until(() => app().chat.tail.parked === 1, "parked again");
    await call(`${url()}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });
    expect(await quiet.ended).toMatch(new RegExp(`live\\?since=${id}-[^"]*echo=0`));
    ana = await signIn(url(), "Ana F");
  });
});

describe("a batch without a row of the asker's own", () => {
  it("is the same bytes for all, encoded once; one with such a row is encoded anew", async () => {
    const third = await signIn(url(), "Third");
    const encoded = vi.spyOn(PollEncoder.prototype, "rows");
    const polls: Waiting[] = [];
    for (const options of [by(ana), by(ana), by(bo), {}])
      polls.push(await park(benchOf(app()), "/poll?since=now&echo=0", options));
    await sendBy(third, "for all");
    for (const poll of polls) expect((await poll.body).messages).toMatchObject([{ text: "for all" }]);
    const bytes = encoded.mock.results.map(({ value }) => value as Buffer);
    expect([bytes.length, new Set(bytes).size]).toEqual([4, 1]);
    const since = await sendBy(bo, "from here");
    await sendBy(ana, "Ana's");
    await sendBy(bo, "Bo's");
    const read = async (who: Member) =>
      pollBody(await call(`${url()}/poll?since=${since}&echo=0`, by(who))).messages.map(({ text }) => text);
    expect([await read(ana), await read(bo), await read(third)]).toEqual([
      ["Bo's"],
      ["Ana's"],
      ["Ana's", "Bo's"],
    ]);
  });
});
