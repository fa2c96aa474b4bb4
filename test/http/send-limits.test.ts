/** Who sends too fast is told when to come back, by every way of sending; nobody else is, and no text is lost. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { from } from "../support/from.js";
import { fieldIn, problemIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

const PER_SESSION = 3;
const PER_ADDRESS = 5;
const limits = { sendsPerSessionMax: PER_SESSION, sendsPerAddressMax: PER_ADDRESS };
/** Where everybody has an address of their own. */
const app = standalone({ limits, trustProxy: 1 });
const alone = standalone({ limits });
const unlimited = standalone({ limits: { sendsPerSessionMax: 0, sendsPerAddressMax: 0 }, trustProxy: 1 });

let people = 0;
const newcomer = (chat = app()) => signIn(chat.url, `Newcomer ${++people}`);
let hosts = 0;
const newAddress = () => `203.0.113.${++hosts}`;

function send(text: string, of: Member | null, headers: Record<string, string>, more = {}, chat = app()) {
  const who = of ? { token: of.token } : { name: "Ana" };
  return call(`${chat.url}/send`, {
    form: { text, ...who, ...more },
    headers: { ...headers, ...(of && { cookie: of.cookie }) },
  });
}

const statusesOf = async (answers: Promise<{ status: number }>[]) =>
  (await Promise.all(answers)).map(({ status }) => status).sort();

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a session that sends too fast", () => {
  it("gets 429 with a time to come back at, in header and body, and nothing is stored", async () => {
    const ana = await newcomer();
    const rows = countOf(app(), "messages");
    for (let i = 0; i < PER_SESSION; i++)
      expect((await send(`${i}`, ana, from(newAddress()))).status).toBe(201);
    const refused = await send("one too many", ana, from(newAddress()));
    expect([refused.status, codeOf(refused)]).toEqual([429, "too_many_sends"]);
    const retryAfter = Number(refused.headers["retry-after"]);
    expect(retryAfter).toSatisfy((s: number) => Number.isInteger(s) && s >= 1 && s <= 10);
    expect(JSON.parse(refused.text)).toMatchObject({
      retryAfter,
      detail: expect.stringContaining(`in ${retryAfter} second`),
    });
    expect(countOf(app(), "messages")).toBe(rows + PER_SESSION);
  });

  it("leaves another session of the same address alone, and is not let through from another address", async () => {
    const [ana, bo, address] = [await newcomer(), await newcomer(), newAddress()];
    for (let i = 0; i < PER_SESSION; i++) await send(`${i}`, ana, from(address));
    expect((await send("Ana", ana, from(newAddress()))).status).toBe(429);
    expect((await send("Bo", bo, from(address))).status).toBe(201);
  });

  it("may repeat what is stored: a known nonce is recognised, neither refused nor counted", async () => {
    const [ana, headers] = [await newcomer(), from(newAddress())];
    for (let i = 0; i < 2 * PER_SESSION; i++) await send("hi", ana, headers, { nonce: "n-known" });
    for (let i = 1; i < PER_SESSION; i++) expect((await send(`${i}`, ana, headers)).status).toBe(201);
    expect((await send("too many", ana, headers)).status).toBe(429);
    expect((await send("hi", ana, headers, { nonce: "n-known" })).status).toBe(200);
  });

  it("is not refused for a copy of its last message that came at the same time", async () => {
    const [ana, headers] = [await newcomer(), from(newAddress())];
    for (let i = 1; i < PER_SESSION; i++) await send(`${i}`, ana, headers);
    const { log } = app().chat.store;
    const append = log.append.bind(log);
    let came = 0;
    app().server.on("request", () => (came += 1));
    // The first is on its way to the disk while the others are looked at.
    vi.spyOn(log, "append").mockImplementation(async (draft) => {
      await until(() => came === 4, "all copies");
      for (let i = 0; i < 100; i++) await turn();
      return append(draft);
    });
    const copies = Array.from({ length: 4 }, () => send("last", ana, headers, { nonce: "n-last" }));
    expect(await statusesOf(copies)).toEqual([200, 200, 200, 201]);
    expect((await send("too many", ana, headers)).status).toBe(429);
  });

  it("is counted for what was stored, not for what the server failed at or refused", async () => {
    const [ana, headers] = [await newcomer(), from(newAddress())];
    const failing = vi
      .spyOn(app().chat.store.log, "append")
      .mockRejectedValue(new ParkbenchError("storage_full", "no space"));
    for (let i = 0; i < 3 * PER_SESSION; i++) expect((await send("full", ana, headers)).status).toBe(503);
    failing.mockRestore();
    for (let i = 0; i < 3 * PER_SESSION; i++) expect((await send(" ", ana, headers)).status).toBe(400);
    for (let i = 0; i < PER_SESSION; i++) expect((await send(`${i}`, ana, headers)).status).toBe(201);
    expect((await send("too many", ana, headers)).status).toBe(429);
  });

  it.each([{}, { view: "write" }])("on a page (%j) has its text, name and nonce kept", async (view) => {
    const headers = from(newAddress());
    for (let i = 0; i < PER_ADDRESS; i++) await send(`${i}`, null, headers);
    const typed = { text: "do not lose me", nonce: "n-kept", page: "1", ...view };
    const page = await send(typed.text, null, headers, typed);
    expect([page.status, Number(page.headers["retry-after"]) >= 1]).toEqual([429, true]);
    expect([fieldIn(page.text, "text"), fieldIn(page.text, "name"), fieldIn(page.text, "nonce")]).toEqual([
      "do not lose me",
      "Ana",
      "n-kept",
    ]);
    expect(problemIn(page.text)).toMatch(/send it again in \d+ second/);
  });

  it("hears of it in a frame, with its nonce; the connection stays, and other sends are counted with these", async () => {
    const [ana, headers] = [await newcomer(), from(newAddress())];
    const auth = { cookie: ana.cookie, "X-Parkbench-Token": ana.token, ...headers };
    const reader = await openSocket(app().url, "?since=now", { headers: auth });
    const answers = () => reader.frames.filter(({ status }) => status !== undefined);
    const has = (count: number) => until(() => answers().length === count, `${count} answers`);
    for (let i = 0; i <= PER_SESSION; i++) reader.send({ text: `frame ${i}`, nonce: `f-${i}` });
    await has(PER_SESSION + 1);
    expect(answers().map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(answers().at(-1)).toMatchObject({
      code: "too_many_sends",
      nonce: `f-${PER_SESSION}`,
      retryAfter: expect.toSatisfy((s: number) => s >= 1 && s <= 10),
    });
    expect((await send("by POST", ana, headers)).status).toBe(429);
    reader.send({ text: "frame 0", nonce: "f-0" });
    await has(PER_SESSION + 2);
    expect(answers().at(-1)).toMatchObject({ status: 200, nonce: "f-0" });
    reader.socket.terminate();
  });
});

describe("an address", () => {
  it("counts all who send from it, signed in or not, and no other", async () => {
    const [ana, bo, headers] = [await newcomer(), await newcomer(), from(newAddress())];
    const five = [ana, ana, bo, bo, null].map((who, i) => send(`${i}`, who, headers));
    expect(await statusesOf(five)).toEqual([201, 201, 201, 201, 201]);
    for (const who of [ana, bo, null]) {
      const refused = await send("too many", who, headers);
      expect([refused.status, codeOf(refused)]).toEqual([429, "too_many_sends"]);
      expect((await send("from elsewhere", who, from(newAddress()))).status).toBe(201);
    }
  });

  it("of IPv6 is its /64; an IPv4 address is itself, also when it is written as IPv6", async () => {
    const six = ["2001:db8:0:7::1", "2001:db8:0:7:ffff::2", "2001:DB8:0:7::3", "2001:db8::7:0:0:0:4"];
    for (const address of six) expect((await send("x", null, from(address))).status).toBe(201);
    expect((await send("x", null, from("2001:db8:0:7::5"))).status).toBe(201);
    expect((await send("x", null, from("2001:db8:0:7::6"))).status).toBe(429);
    expect((await send("x", null, from("2001:db8:0:8::1"))).status).toBe(201);
    const four = newAddress();
    for (let i = 0; i < PER_ADDRESS; i++) await send("x", null, from(i % 2 ? four : `::ffff:${four}`));
    expect((await send("x", null, from(four))).status).toBe(429);
    expect((await send("x", null, from(newAddress()))).status).toBe(201);
  });

  it("is not counted at loopback while no proxy is trusted, whatever it claims; the session is", async () => {
    for (let i = 0; i < 2 * PER_ADDRESS; i++)
      expect((await send(`${i}`, null, from("203.0.113.250"), {}, alone())).status).toBe(201);
    const ana = await newcomer(alone());
    for (let i = 0; i < PER_SESSION; i++) expect((await send(`${i}`, ana, {}, {}, alone())).status).toBe(201);
    expect((await send("too many", ana, {}, {}, alone())).status).toBe(429);
  });

  it("is counted at loopback where a proxy is trusted", async () => {
    for (let i = 0; i < PER_ADDRESS; i++) await send(`${i}`, null, from("127.0.0.1"));
    expect((await send("too many", null, from("127.0.0.1"))).status).toBe(429);
  });
});

it("0 is no limit", async () => {
  const [ana, headers] = [await newcomer(unlimited()), from(newAddress())];
  for (let i = 0; i < 3 * PER_ADDRESS; i++)
    expect((await send(`${i}`, ana, headers, {}, unlimited())).status).toBe(201);
});

it("what the host sends itself is not limited", async () => {
  for (let i = 0; i < 3 * PER_ADDRESS; i++) await app().chat.send({ room: "lobby", text: `${i}` });
});
