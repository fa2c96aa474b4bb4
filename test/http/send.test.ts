/** POST /send: a message as JSON or as a form, answered once it is on disk, by a member or under a name for once. */
import request from "supertest";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { call, codeOf, type WireMessage } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { openRaw, sendParts } from "../support/raw-socket.js";
import { countOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, park, send } from "../support/waiting.js";

const app = standalone();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sends a form and returns the message as every reader gets it. */
async function say(form: Record<string, string>, headers: Record<string, string> = {}): Promise<WireMessage> {
  const answer = await call(`${app().url}/send`, { form, headers });
  expect(answer.status, answer.text).toBe(201);
  return JSON.parse(answer.text) as WireMessage;
}

async function stored(id: number): Promise<WireMessage | undefined> {
  const { text } = await call(`${app().url}/history?limit=500`);
  return (JSON.parse(text) as { messages: WireMessage[] }).messages.find((message) => message.id === id);
}

describe("a send", () => {
  it.each(["json", "form"])(
    "as %s is answered 201 with the message, its id and the cursor after it",
    async (type) => {
      const fields = { room: "lobby", name: "Ana", text: "a & b = 100% +1", nonce: `n-${type}` };
      const { status, body, headers } = await request(app().url).post("/send").type(type).send(fields);
      expect(status).toBe(201);
      expect(headers).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
      });
      const epoch = app().chat.store.log.epoch;
      const { id, at } = body as WireMessage;
      expect(body).toEqual({
        id,
        room: "lobby",
        kind: "message",
        from: { id: null, name: "Ana" },
        text: fields.text,
        at: new Date(at).toISOString(),
        nonce: fields.nonce,
        next: `${id}-${epoch}`,
      });
      const { next: _next, ...message } = body as WireMessage & { next: string };
      expect(await stored(id)).toEqual(message);
    },
  );

  it("goes to the lobby when it names no room, and its unknown fields are passed over", async () => {
    const message = await say({
      name: "Ana",
      text: "hi",
      kind: "delete",
      ref: "1",
      id: "7",
      at: "0",
      data: "{}",
    });
    expect(message).toMatchObject({ room: "lobby", kind: "message" });
    for (const key of ["ref", "data"]) expect(message).not.toHaveProperty(key);
    expect(message.at.slice(0, 4)).toBe(String(new Date().getFullYear()));
  });

  it("is answered only once its row is stored", async () => {
    const { log } = app().chat.store;
    const append = log.append.bind(log);
    const gate = new Gate();
    const asked = vi.spyOn(log, "append").mockImplementation(async (draft) => {
      const appended = await append(draft);
      await gate.pass();
      return appended;
    });
    const sent = send(app(), "/send", { form: { name: "Ana", text: "slow disk" } });
    await until(() => asked.mock.calls.length === 1, "the append");
    expect((await call(`${app().url}/healthz`)).status).toBe(200);
    expect(sent.isAnswered()).toBe(false);
    gate.open();
    expect((await sent.answer).status).toBe(201);
  });

  it("is in every other program's view of the database by the time it is answered", async () => {
    const { id } = await say({ name: "Ana", text: "seen by all" });
    expect(app().db.prepare("SELECT text FROM messages WHERE id = ?").pluck().get(id)).toBe("seen by all");
  });

  it("may come in pieces", async () => {
    const socket = await openRaw(app().port);
    const [head, last] = sendParts({ name: "Ana", text: "piecemeal" });
    const rows = countOf(app(), "messages");
    socket.write(head);
    await call(`${app().url}/healthz`);
    expect(countOf(app(), "messages")).toBe(rows);
    socket.write(last);
    await socket.until(/^HTTP\/1\.1 201 /);
    socket.end();
  });

  it("whose sender leaves before the answer is stored all the same", async () => {
    const poll = await park(benchOf(app()), "/poll?since=now");
    const socket = await openRaw(app().port);
    const parts = sendParts({ name: "Ana", text: "gone already" });
    socket.write(parts.join(""));
    socket.end();
    expect((await poll.body).messages.map(({ text }) => text)).toEqual(["gone already"]);
  });

  it("takes POST only", async () => {
    const { status, headers } = await call(`${app().url}/send`);
    expect([status, headers.allow]).toEqual([405, "POST, OPTIONS"]);
  });
});

describe("text", () => {
  const long = {
    "4,000 emoji": "😀".repeat(4000),
    "4,000 letters of Chinese": "你".repeat(4000),
    "4,000 letters": "x".repeat(4000),
  };

  it.each(
    Object.entries(long).flatMap(([what, text]) => [
      ["json", what, text] as const,
      ["form", what, text] as const,
    ]),
  )("as %s of %s is taken", async (type, _what, text) => {
    const { status, body } = await request(app().url).post("/send").type(type).send({ name: "Ana", text });
    expect([status, (body as WireMessage).text === text]).toEqual([201, true]);
  });

  it.each(Object.entries(long))(
    "as JSON with escapes, as some languages write it, %s is taken",
    async (_what, text) => {
      const escaped = JSON.stringify({ name: "Ana", text }).replace(
        /[^\x20-\x7e]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      const test = request(app().url).post("/send").set("Content-Type", "application/json");
      test.write(escaped);
      const { status, body } = await test;
      expect([status, (body as WireMessage).text === text]).toEqual([201, true]);
    },
  );

  it.each([
    " spaces around ",
    "line\r\nbreaks\n\nand\ttabs",
    "e\u0301 is not made \u00e9",
    "👩‍👩‍👧‍👦 \u202eright to left\u202c \ufeff\ufffd \u2028",
    "\u0001\u001b[31m\u007f",
    "<b>&amp;</b> '\" `$x` \\u0041",
    "null",
  ])("%j comes back as it was", async (text) => {
    const { id } = await say({ name: "Ana", text });
    expect((await stored(id))?.text).toBe(text);
  });
});

describe("the author", () => {
  it("who gives a name for once has no id, and holds no name", async () => {
    expect((await say({ name: "Passer-by", text: "hi" })).from).toEqual({ id: null, name: "Passer-by" });
    expect((await signIn(app().url, "Passer-by")).user.name).toBe("Passer-by");
  });

  it("who is signed in has an id, and cannot write under another name", async () => {
    const { user, cookie, token } = await signIn(app().url, "Bo");
    expect((await say({ name: "Ana", text: "hi", token }, { cookie })).from).toEqual(user);
  });

  it("cannot use a name that somebody holds, however it is written", async () => {
    const { user } = await signIn(app().url, "Straße");
    for (const name of ["Straße", "STRASSE", "strasse", "Ｓtrasse"]) {
      const refused = await call(`${app().url}/send`, { form: { name, text: "it is me" } });
      expect([refused.status, codeOf(refused)], name).toEqual([409, "name_taken"]);
    }
    expect((await say({ name: "Strase", text: "another" })).from.id).toBe(null);
    expect(user.name).toBe("Straße");
  });

  it("is named by the rules for names", async () => {
    for (const [name, code] of [
      ["", "bad_name"],
      ["Admin", "name_reserved"],
      ["a\u202eb", "bad_name"],
    ] as const)
      expect(codeOf(await call(`${app().url}/send`, { form: { name, text: "hi" } })), name).toBe(code);
  });
});
