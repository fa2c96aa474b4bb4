/** In a slow room everybody speaks once in a while, is told when again, and keeps the text; other rooms go on as before. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { from } from "../support/from.js";
import { makeRoom } from "../support/guest.js";
import { fieldIn, problemIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";

const app = standalone({ trustProxy: 1, limits: { signInsPerAddressMax: 0, sendsPerAddressMax: 0 } });
const untrusting = standalone();

let rooms = 0;
let room = "";

/** As an owner's program sets it. */
function setSlow(slowS: number, name = room, chat = app()): void {
  chat.db.prepare("UPDATE rooms SET slow_s = ? WHERE name = ?").run(slowS, name);
}

function send(
  text: string,
  who: Member | string,
  more: Record<string, string> = {},
  address = "203.0.113.9",
) {
  const isGuest = typeof who === "string";
  return call(`${app().url}/send`, {
    form: { room, text, ...(isGuest ? { name: who } : { token: who.token }), ...more },
    headers: { ...from(address), ...(!isGuest && { cookie: who.cookie }) },
  });
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  room = `slow-${++rooms}`;
  await makeRoom(app().url, `Maker ${rooms}`, room, "Slow");
  setSlow(30);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("in a room with a slow mode of 30 seconds", () => {
  it("a second message gets 429 and the seconds to wait, and is taken when they are over", async () => {
    const ana = await signIn(app().url, `Ana ${rooms}`);
    expect((await send("one", ana)).status).toBe(201);
    vi.setSystemTime(Date.now() + 12_500);
    const refused = await send("two", ana);
    expect([refused.status, codeOf(refused), refused.headers["retry-after"]]).toEqual([
      429,
      "slow_mode",
      "18",
    ]);
    expect(JSON.parse(refused.text)).toMatchObject({
      retryAfter: 18,
      detail: "This room is slow: one message in 30 seconds. You may speak again in 18 seconds.",
    });
    vi.setSystemTime(Date.now() + 17_000);
    expect((await send("two", ana)).headers["retry-after"]).toBe("1");
    vi.setSystemTime(Date.now() + 1000);
    expect((await send("two", ana)).status).toBe(201);
  });

  it("others may speak meanwhile, and whoever has spoken may in another room", async () => {
    const [ana, bo] = [await signIn(app().url, `Ana ${rooms}`), await signIn(app().url, `Bo ${rooms}`)];
    await send("one", ana);
    expect((await send("mine", bo)).status).toBe(201);
    expect((await send("elsewhere", ana, { room: "lobby" })).status).toBe(201);
    expect((await send("elsewhere again", ana, { room: "lobby" })).status).toBe(201);
    await makeRoom(app().url, `Maker of ${room}-2`, `${room}-2`, "As slow");
    setSlow(30, `${room}-2`);
    expect((await send("elsewhere, too", ana, { room: `${room}-2` })).status).toBe(201);
    expect((await send("too soon there", ana, { room: `${room}-2` })).status).toBe(429);
    expect((await send("two", ana)).status).toBe(429);
  });

  it("a turn is not spent by what was not stored, nor by a retry, which is recognised", async () => {
    const ana = await signIn(app().url, `Ana ${rooms}`);
    const { log } = app().chat.store;
    const failing = vi.spyOn(log, "append").mockRejectedValue(new ParkbenchError("storage_busy", "locked"));
    expect((await send("one", ana, { nonce: "n-1" })).status).toBe(503);
    failing.mockRestore();
    expect((await send("", ana)).status).toBe(400);
    expect((await send("one", ana, { nonce: "n-1" })).status).toBe(201);
    expect((await send("one", ana, { nonce: "n-1" })).status).toBe(200);
    expect((await send("two", ana)).status).toBe(429);
  });

  it("guests of one address share a turn, whatever name they give; those of another have theirs", async () => {
    expect((await send("one", "Guest A")).status).toBe(201);
    const refused = await send("two", "Guest B");
    expect([refused.status, codeOf(refused)]).toEqual([429, "slow_mode"]);
    expect((await send("two", "Guest A", {}, "203.0.113.10")).status).toBe(201);
  });

  it("the page shows it, and keeps the text that came too soon; that of a room that is not slow does not", async () => {
    expect((await call(`${app().url}/rooms/${room}`)).text).toContain("one message every 30 seconds");
    expect((await call(`${app().url}/rooms/${room}/write`)).text).toContain("one message every 30 seconds");
    expect((await call(`${app().url}/rooms/lobby`)).text).not.toContain("slow");
    await send("one", "Ana");
    const page = await send("do not lose me", "Ana", { page: "1" });
    expect([page.status, page.headers["retry-after"]]).toEqual([429, "30"]);
    expect(fieldIn(page.text, "text")).toBe("do not lose me");
    expect(problemIn(page.text)).toContain("You may speak again in 30 seconds.");
  });

  it("a change of it holds at once, and so does its end", async () => {
    const ana = await signIn(app().url, `Ana ${rooms}`);
    await send("one", ana);
    expect((await send("two", ana)).status).toBe(429);
    setSlow(3600);
    expect((await send("two", ana)).status).toBe(201);
    const refused = await send("three", ana);
    expect([refused.headers["retry-after"], JSON.parse(refused.text).detail]).toEqual([
      "3600",
      "This room is slow: one message in 60 minutes. You may speak again in 60 minutes.",
    ]);
    setSlow(0);
    for (const text of ["three", "four"]) expect((await send(text, ana)).status).toBe(201);
  });

  it.each([-5, 10 ** 12])("a foreign program's %i is no trouble", async (slowS) => {
    setSlow(slowS);
    expect((await send("one", "Ana")).status).toBe(201);
    expect((await send("two", "Ana")).status).toBe(slowS < 0 ? 201 : 429);
  });
});

it("where addresses are not counted, guests are told apart by their names", async () => {
  setSlow(30, "lobby", untrusting());
  const say = (name: string) => call(`${untrusting().url}/send`, { form: { name, text: "x" } });
  expect((await say("Ana")).status).toBe(201);
  expect((await say("Bo")).status).toBe(201);
  expect((await say("ANA")).status).toBe(429);
});
