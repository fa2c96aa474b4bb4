/** A send resolves once the message is stored, in order, once; else it rejects and says why. */
import { afterEach, describe, expect, it } from "vitest";
import { type Chat, ChatError, type ConnectOptions, connect } from "../../src/node-client/index.js";
import { freePort } from "../support/free-port.js";
import { historyOf } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { type Faults, startMiddlebox } from "../support/middlebox.js";
import { countOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Only sends, unless it is told to read. */
function join(options: Partial<ConnectOptions> = {}): Chat {
  const chat = connect({ url: app().url, transports: [], name: "Ana", ...options });
  ends.push(() => chat.close());
  return chat;
}

async function behind(faults: Faults) {
  const box = await startMiddlebox(app().port, faults);
  ends.push(() => box.close());
  return box;
}

async function texts(): Promise<string[]> {
  return (await historyOf(app().url)).map(({ text }) => text);
}

describe("a send", () => {
  it("resolves with the message as everybody gets it", async () => {
    const message = await join().send("hi", { nonce: "n-1" });
    expect(message).toMatchObject({
      room: "lobby",
      kind: "message",
      from: { id: null, name: "Ana" },
      nonce: "n-1",
    });
    expect(Object.keys(message)).not.toContain("next");
    expect(await texts()).toContain("hi");
  });

  it("is stored once where its answer was lost, and twice when it is said twice", async () => {
    const box = await behind({ losesAnswers: true });
    const chat = join({ url: box.url });
    const before = countOf(app(), "messages");
    const sending = chat.send("lost answer");
    await until(() => (box.counts.struck.losesAnswers ?? 0) > 0, "a lost answer");
    box.faults = {};
    const message = await sending;
    expect(countOf(app(), "messages")).toBe(before + 1);
    const again = await chat.send("lost answer");
    expect(again.id).toBeGreaterThan(message.id);
    expect(countOf(app(), "messages")).toBe(before + 2);
  });

  it.each<[string, Faults]>([
    ["errors", { htmlStatus: 503, oneIn: 2 }],
    ["a proxy that lets a later POST pass first", { swapsPosts: true }],
  ])("keeps its place behind those that were asked for before, through %s", async (_what, faults) => {
    const box = await behind(faults);
    const chat = join({ url: box.url });
    const wanted = ["1st", "2nd", "3rd", "4th"];
    const messages = await Promise.all(wanted.map((text) => chat.send(text)));
    expect(messages.map(({ text }) => text)).toEqual(wanted);
    const ids = messages.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it("rejects with the server's own words when it refuses, and lets the next one through", async () => {
    const chat = join();
    const refused = chat.send("", {});
    const next = chat.send("after it");
    await expect(refused).rejects.toBeInstanceOf(ChatError);
    await expect(refused).rejects.toMatchObject({ status: 400, code: "text_empty" });
    expect((await next).text).toBe("after it");
    await expect(chat.send("x", { room: "nowhere" })).rejects.toMatchObject({ status: 404, code: "no_room" });
    await chat.send("same nonce", { nonce: "n-2" });
    await expect(chat.send("other words", { nonce: "n-2" })).rejects.toMatchObject({ code: "nonce_reused" });
  });

  it("rejects when its time is over, also while it waits for its turn", async () => {
    const chat = join({ url: `http://127.0.0.1:${await freePort()}/` });
    const first = chat.send("never", { timeoutMs: 300 });
    const second = chat.send("nor this", { timeoutMs: 50 });
    await expect(second).rejects.toMatchObject({ code: "not_sent", status: 0 });
    await expect(first).rejects.toMatchObject({ code: "not_sent" });
  });

  it("rejects with the reason of its signal, and with `closed` by close", async () => {
    const chat = join({ url: `http://127.0.0.1:${await freePort()}/` });
    const controller = new AbortController();
    const ended = chat.send("never", { signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(ended).rejects.toThrow("changed my mind");
    const cut = chat.send("nor this");
    chat.close();
    await expect(cut).rejects.toMatchObject({ code: "closed" });
    await expect(chat.send("after the end")).rejects.toMatchObject({ code: "closed" });
  });
});

describe("somebody signed in", () => {
  it("sends as who they are, under the new name after a renaming, and as nobody after signing out", async () => {
    const chat = join({ transports: ["poll"], since: "now" });
    expect(await chat.signIn("Bea")).toMatchObject({ name: "Bea" });
    const { from } = await chat.send("as Bea");
    expect(from).toEqual(chat.user);
    await chat.signIn("Bea the Second");
    expect((await chat.send("as the second")).from).toEqual({ id: from.id, name: "Bea the Second" });
    await chat.signOut();
    expect(chat.user).toBe(null);
    expect((await chat.send("as nobody")).from).toEqual({ id: null, name: "Ana" });
    expect(await read(chat, 3)).toEqual(["as Bea", "as the second", "as nobody"]);
  });

  it("is refused a name that somebody has, and stays who they were", async () => {
    await signIn(app().url, "Cleo");
    const chat = join();
    await chat.signIn("Dora");
    await expect(chat.signIn("Cleo")).rejects.toMatchObject({ status: 409, code: "name_taken" });
    expect((await chat.send("still")).from.name).toBe("Dora");
  });

  it("comes with a cookie from elsewhere", async () => {
    const { cookie, user } = await signIn(app().url, "Emma");
    expect((await join({ cookie }).send("by cookie")).from).toEqual(user);
  });

  it("is not somebody else when the session has ended elsewhere", async () => {
    const { cookie, token } = await signIn(app().url, "Fay");
    const chat = join({ cookie });
    expect((await chat.send("as Fay")).from.name).toBe("Fay");
    const end = await call(`${app().url}/session/end`, { form: { token }, headers: { cookie } });
    expect(end.status).toBe(200);
    await expect(chat.send("as whom?")).rejects.toMatchObject({ status: 403, code: "wrong_user" });
    expect(await texts()).not.toContain("as whom?");
  });
});

async function read(chat: Chat, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { text } of chat) {
    seen.push(text);
    if (seen.length === count) break;
  }
  return seen;
}
