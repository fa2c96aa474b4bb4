/** Each transport alone, against a real server: everything after the cursor once, in order, and nothing else. */
import { afterEach, describe, expect, it } from "vitest";
import { type Chat, type ConnectOptions, connect, type Message } from "../../src/node-client/index.js";
import { say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();
const open: Chat[] = [];
afterEach(() => {
  for (const chat of open.splice(0)) chat.close();
});

describe.each(["poll", "sse", "websocket"] as const)("by %s alone", (transport) => {
  function join(options: Partial<ConnectOptions> = {}): Chat {
    const chat = connect({ url: app().url, transports: [transport], since: "now", ...options });
    open.push(chat);
    return chat;
  }

  it("gives what was there, then what comes, and says how it got it", async () => {
    const since = await endOf();
    await says("one", "two");
    const chat = join({ since });
    expect(await take(chat, 2)).toEqual(["one", "two"]);
    expect(chat.transport).toBe(transport);
    await parked();
    await says("three");
    expect(await take(chat, 1)).toEqual(["three"]);
    expect(chat.cursor).toBe(await endOf());
  });

  it("gives nothing of another room, and of several rooms in one order", async () => {
    const other = `other-${transport}`;
    await app().chat.store.rooms.create({ name: other, title: "Other", createdBy: null });
    const since = await endOf();
    const one = join({ since });
    const both = join({ since, rooms: ["lobby", other] });
    await says("first");
    await say(app().url, "Ana", "there", other);
    await says("last");
    expect(await take(one, 2)).toEqual(["first", "last"]);
    expect(await take(both, 3)).toEqual(["first", "there", "last"]);
  });

  it("gives a host's kinds with their data", async () => {
    const chat = join({ since: await endOf() });
    await app().chat.send({ room: "lobby", kind: "score", data: { home: 2 } });
    const { value } = await chat[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ kind: "score", data: { home: 2 } });
  });

  it("goes on after a loop that broke off, and counts what nobody has had as not had", async () => {
    const since = await endOf();
    await says("a", "b", "c");
    const chat = join({ since });
    expect(await take(chat, 1)).toEqual(["a"]);
    const { cursor } = chat;
    expect(await take(chat, 1)).toEqual(["b"]);
    chat.close();
    expect(await take(join({ since: cursor ?? "" }), 2)).toEqual(["b", "c"]);
  });

  it("says that a cursor meant nothing, and begins with the newest page", async () => {
    await says("newest");
    const resets: string[] = [];
    const chat = join({ since: "1-XXXX", onReset: (reason) => resets.push(reason) });
    const last = (await take(chat, 1, ({ text }) => text === "newest"))[0];
    expect([last, resets]).toEqual(["newest", ["epoch"]]);
  });

  it("leaves out what its own user says with echo: false, and only that", async () => {
    const member = await signIn(app().url, `Echo ${transport}`);
    const quiet = join({ cookie: member.cookie, echo: false });
    const loud = join({ cookie: member.cookie });
    await until(() => quiet.cursor !== null && loud.cursor !== null, "both cursors");
    await quiet.send("mine");
    await says("theirs");
    expect(await take(quiet, 1)).toEqual(["theirs"]);
    expect(await take(loud, 2)).toEqual(["mine", "theirs"]);
    // The cursor moves over what was left out; a poll says so when its wait is over.
    if (transport === "poll") return;
    const { id } = await quiet.send("mine too");
    await until(() => quiet.cursor?.startsWith(`${id}-`) === true, "the cursor of its own message");
  });

  it("reads on as whoever has signed in", async () => {
    const chat = join({ echo: false });
    await until(() => chat.cursor !== null, "the cursor");
    await chat.signIn(`Later ${transport}`);
    await chat.send("mine");
    await says("theirs");
    expect(await take(chat, 1)).toEqual(["theirs"]);
  });

  it("ends with close, and leaves no waiter behind", async () => {
    const chat = join();
    await parked();
    const loop = take(chat, 1);
    chat.close();
    expect(await loop).toEqual([]);
    await until(() => app().chat.tail.parked === 0, "nobody parked");
  });

  it("throws for a room that is not there, and does not for one that is", async () => {
    const nowhere = join({ rooms: ["nowhere"] });
    await expect(take(nowhere, 1)).rejects.toMatchObject({ name: "ChatError", status: 404, code: "no_room" });
    await says("still here");
  });

  it("keeps more than it reads ahead for a loop that is slow, and misses none", async () => {
    const since = await endOf();
    const texts = Array.from({ length: 1300 }, (_, index) => `row ${index}`);
    await Promise.all(texts.map((text) => app().chat.send({ room: "lobby", text })));
    const chat = join({ since });
    await until(() => chat.transport === transport, "the first frame");
    const got = await take(chat, texts.length);
    expect(new Set(got).size).toBe(texts.length);
  });
});

async function endOf(): Promise<string> {
  const { text } = await call(`${app().url}/poll?since=now&wait=0`);
  return (JSON.parse(text) as { next: string }).next;
}

async function says(...texts: readonly string[]): Promise<void> {
  for (const text of texts) await say(app().url, "Ana", text);
}

function parked(): Promise<void> {
  return until(() => app().chat.tail.parked > 0, "a reader that is parked");
}

/** The texts of the next messages; fewer when the chat ends before. */
async function take(
  chat: Chat,
  count: number,
  counts: (message: Message) => boolean = () => true,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of chat) {
    if (counts(message)) texts.push(message.text);
    if (texts.length === count) break;
  }
  return texts;
}
