/** A send that comes too soon waits as long as the server says, and is stored once; what is behind it keeps its place. */
import { afterEach, expect, it } from "vitest";
import { type Chat, type ConnectOptions, connect } from "../../src/node-client/index.js";
import { historyOf, makeRoom } from "../support/guest.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
const chats: Chat[] = [];

afterEach(() => {
  for (const chat of chats.splice(0)) chat.close();
});

/** In a room of its own, which lets everybody speak once in so many seconds. */
async function joinSlow(room: string, slowS: number, options: Partial<ConnectOptions> = {}): Promise<Chat> {
  await makeRoom(app().url, `Maker of ${room}`, room, "Slow");
  app().db.prepare("UPDATE rooms SET slow_s = ? WHERE name = ?").run(slowS, room);
  const chat = connect({ url: app().url, rooms: [room], transports: [], name: "Ana", ...options });
  chats.push(chat);
  return chat;
}

const textsIn = async (room: string) => (await historyOf(app().url, room)).map(({ text }) => text);

it("in a slow room both messages arrive, the second one when its time has come", async () => {
  const chat = await joinSlow("slow", 1);
  const [first, second] = await Promise.all([chat.send("one"), chat.send("two")]);
  expect(Date.parse(second.at) - Date.parse(first.at)).toBeGreaterThanOrEqual(900);
  expect(await textsIn("slow")).toEqual(["one", "two"]);
});

it("a wait that is longer than the time for the send ends it; nothing is stored of it then", async () => {
  const chat = await joinSlow("slower", 60);
  await chat.send("one");
  await expect(chat.send("two", { timeoutMs: 300 })).rejects.toMatchObject({ code: "not_sent" });
  expect(await textsIn("slower")).toEqual(["one"]);
});
