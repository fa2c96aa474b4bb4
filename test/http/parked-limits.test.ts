/** Parked requests of one address and of one session, whatever they are: one too many is answered at once, and nobody else is. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { refreshIn } from "../support/addresses.js";
import { from } from "../support/from.js";
import { makeRoom } from "../support/guest.js";
import { type CallOptions, call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import { openStream } from "../support/sse-reader.js";
import { type Standalone, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, send, type Waiting } from "../support/waiting.js";
import { openSocket } from "../support/ws-client.js";

const PER_ADDRESS = 3;
const PER_SESSION = 2;
const app = standalone({
  trustProxy: 1,
  limits: { parkedPerAddressMax: PER_ADDRESS, parkedPerSessionMax: PER_SESSION },
});
const direct = standalone({ limits: { parkedPerAddressMax: PER_ADDRESS } });
const unlimited = standalone({
  trustProxy: 1,
  limits: { parkedMax: 0, parkedPerAddressMax: 0, parkedPerSessionMax: 0 },
});

const POLL = "/poll?since=now&wait=45";
/** Straight from the parser, on a lane: from a cursor, in a room where nothing is ever said. */
const LANE = "/poll?since=0&wait=45&room=quiet";
let hosts = 0;
const newAddress = () => `192.0.2.${++hosts}`;
/** All that one test left waiting. */
const waiting: Waiting[] = [];

async function parkOne(path: string, options: CallOptions, chat: Standalone = app()): Promise<Waiting> {
  const one = await park(benchOf(chat), path, options);
  waiting.push(one);
  return one;
}

async function fill(count: number, options: CallOptions, chat: Standalone = app()): Promise<Waiting[]> {
  const all: Waiting[] = [];
  for (let i = 0; i < count; i++) all.push(await parkOne(i % 2 ? POLL : LANE, options, chat));
  return all;
}

async function expectFull(headers: Record<string, string>, path = POLL): Promise<void> {
  const answer = await call(app().url + path, { headers });
  expect([answer.status, pollBody(answer)]).toMatchObject([200, { messages: [], retry: 1000 }]);
}

beforeAll(async () => {
  for (const { url } of [app(), direct(), unlimited()]) await makeRoom(url, "Maker", "quiet", "Quiet");
});

afterEach(async () => {
  for (const one of waiting.splice(0)) one.leave();
  for (const { server } of [app(), direct(), unlimited()]) server.closeAllConnections();
  await nobodyWaits(benchOf(app()));
});

describe("an address with as many as it may have", () => {
  it("gets an empty poll with a time to come back at; another address waits", async () => {
    const headers = from(newAddress());
    await fill(PER_ADDRESS, { headers });
    for (const path of [POLL, LANE]) await expectFull(headers, path);
    await fill(1, { headers: from(newAddress()) });
  });

  it("gets the rows that are there: full is no reason to be left behind", async () => {
    const { id } = await app().chat.send({ room: "lobby", text: "for who comes back" });
    const headers = from(newAddress());
    for (let i = 0; i < PER_ADDRESS; i++) await parkOne(`/poll?since=${id}&wait=45`, { headers });
    const answer = await call(`${app().url}/poll?since=${id - 1}&wait=45`, { headers });
    expect(pollBody(answer).messages).toMatchObject([{ text: "for who comes back" }]);
  });

  it("is told by each way of reading as that way can: a stream with a retry, a page with a refresh, a close code", async () => {
    const headers = from(newAddress());
    await fill(PER_ADDRESS, { headers });
    const stream = await openStream(`${app().url}/events?since=now`, headers);
    expect(await stream.ended).toMatch(/^: the server is full\nretry: \d{4,5}\n\n$/);
    const live = await openStream(`${app().url}/rooms/lobby/live?since=now`, headers);
    expect(await live.ended).toContain('content="10; url=/rooms/lobby/live?');
    const wait = await call(`${app().url}/rooms/lobby/wait?since=now`, { headers });
    expect([wait.status, refreshIn(wait.text)?.s]).toEqual([200, 10]);
    const socket = await openSocket(app().url, "?since=now", { headers });
    expect((await socket.closed).code).toBe(1013);
    const check = await call(`${app().url}/check/wait?s=20`, { headers });
    expect(JSON.parse(check.text)).toEqual({ waitedS: 0 });
  });

  it("has a stream, a page and a socket counted like polls, and each place free when it is left", async () => {
    const headers = from(newAddress());
    const stream = await openStream(`${app().url}/events?since=now`, headers);
    const live = await openStream(`${app().url}/rooms/lobby/live?since=now`, headers);
    const socket = await openSocket(app().url, "?since=now", { headers });
    await until(() => benchOf(app()).parked() === 3, "three parked");
    await expectFull(headers);
    stream.leave();
    await until(() => benchOf(app()).parked() === 2, "one gone");
    await fill(1, { headers });
    await expectFull(headers);
    live.leave();
    socket.socket.close();
    await until(() => benchOf(app()).parked() === 1, "all but one gone");
    await fill(2, { headers });
    await expectFull(headers);
  });

  it("has room for the newer poll of a client or a connection that is there already", async () => {
    const headers = from(newAddress());
    await fill(PER_ADDRESS - 2, { headers });
    const older = await parkOne(`${POLL}&client=tab-1`, { headers });
    const raw = await openRaw(app().port);
    const ask = (path: string) => raw.write(rawGet(path, `X-Forwarded-For: ${headers["X-Forwarded-For"]}`));
    ask(LANE);
    await until(() => benchOf(app()).parked() === PER_ADDRESS, "as many as may be");
    const newer = send(benchOf(app()), `${POLL}&client=tab-1`, { headers });
    await older.answer;
    ask(LANE);
    await raw.until(/"retry":1000/);
    await until(() => benchOf(app()).parked() === PER_ADDRESS, "as many as before");
    expect([newer.isAnswered(), answersIn(raw.received()).length]).toEqual([false, 1]);
    newer.leave();
    raw.reset();
  });

  it("is an IPv6 /64", async () => {
    await fill(2, { headers: from("2001:db8:5:5::1") });
    await fill(1, { headers: from("2001:db8:5:5:1::2") });
    await expectFull(from("2001:db8:5:5:2::3"));
    await fill(1, { headers: from("2001:db8:5:6::1") });
  });
});

describe("a session with as many as it may have", () => {
  it("gets an empty poll with a time to come back at, from any address; another session of its address waits", async () => {
    const [ana, bo, address] = [await signIn(app().url, "Ana"), await signIn(app().url, "Bo"), newAddress()];
    await fill(PER_SESSION, { headers: { cookie: ana.cookie, ...from(address) } });
    await expectFull({ cookie: ana.cookie, ...from(newAddress()) });
    await fill(1, { headers: { cookie: bo.cookie, ...from(address) } });
    await expectFull({ cookie: bo.cookie, ...from(address) });
    await fill(1, { headers: { cookie: bo.cookie, ...from(newAddress()) } });
  });
});

it("places are free again after 300 connections of 100 addresses were cut, and after all who waited were answered", async () => {
  const bench = benchOf(app());
  const addresses = Array.from({ length: 100 }, (_, i) => `10.0.${i}.1`);
  const openAll = () =>
    Promise.all(
      addresses.flatMap((address) =>
        [LANE, POLL, "/events?since=now"].map(async (path) => {
          const socket = await openRaw(app().port);
          socket.write(rawGet(path, `X-Forwarded-For: ${address}`));
          return socket;
        }),
      ),
    );
  const allWait = () =>
    until(
      () => bench.parked() === 300,
      () => `300 parked; ${bench.parked()} are`,
    );
  for (let round = 0; round < 2; round++) {
    const sockets = await openAll();
    await allWait();
    await expectFull(from("10.0.7.1"));
    for (const [i, socket] of sockets.entries()) {
      if (i % 2) socket.reset();
      else socket.end();
    }
    await nobodyWaits(bench);
  }
  const polls: Waiting[] = [];
  for (let i = 0; i < PER_ADDRESS; i++) polls.push(await parkOne(POLL, { headers: from("10.0.7.1") }));
  await app().chat.send({ room: "lobby", text: "for all of them" });
  for (const { answer } of polls) await answer;
  await fill(PER_ADDRESS, { headers: from("10.0.7.1") });
  await expectFull(from("10.0.7.1"));
});

describe("not counted are", () => {
  it("loopback peers while no proxy is trusted, whatever they claim", async () => {
    await fill(3 * PER_ADDRESS, { headers: from("192.0.2.200") }, direct());
  });

  it("any where there is no limit", async () => {
    const { cookie } = await signIn(unlimited().url, "Ana");
    await fill(15, { headers: { cookie, ...from("192.0.2.200") } }, unlimited());
  });
});
