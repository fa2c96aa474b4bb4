/** Rooms that the host lets only some people read: to the others they are not there, also while they wait. */
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Room, User } from "../../src/index.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fieldIn, messagesIn } from "../support/html.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { park } from "../support/waiting.js";

/** Who may read the staff's room, and who may write anywhere, by name. */
const readers = new Set<string>();
const writers = new Set<string>();
let isFailing = false;

const app = embedded({
  guests: true,
  identity: {
    ...hostIdentity,
    async mayRead(user: User | null, room: Room) {
      if (isFailing)
        throw Object.assign(new Error("the host's database is at /srv/host.db"), { status: 429 });
      return room.name !== "staff" || readers.has(user?.name ?? "");
    },
    mayPost: (user: User | null) => writers.has(user?.name ?? ""),
  },
});
const url = () => app().bench.url;
let ana = "";
let bo = "";

const get = (path: string, cookie: string) => call(url() + path, { headers: { cookie } });
const tell = (text: string, room = "staff") => app().chat.send({ room, text });

async function send(cookie: string, room: string, fields: Record<string, string> = {}) {
  const token = fieldIn((await get("/rooms/lobby", cookie)).text, "token") ?? "";
  return call(`${url()}/send`, {
    form: { room, text: "from a member", token, ...fields },
    headers: { cookie },
  });
}

beforeEach(() => {
  isFailing = false;
  for (const names of [readers, writers]) {
    names.clear();
    names.add("Ana");
  }
  writers.add("Bo");
});

beforeAll(async () => {
  [ana, bo] = [await app().login("ana"), await app().login("bo")];
  writers.add("Ana");
  const token = fieldIn((await get("/", ana)).text, "token") ?? "";
  const form = { name: "staff", title: "Staff only", token };
  expect((await call(`${url()}/rooms`, { form, headers: { cookie: ana } })).status).toBe(201);
  await tell("a secret");
});

describe("who may not read a room", () => {
  it.each([
    "/poll?room=ROOM",
    "/poll?room=ROOM&since=now",
    "/poll?room=lobby&room=ROOM&since=0",
    "/history?room=ROOM",
    "/rooms/ROOM",
    "/rooms/ROOM/wait",
    "/rooms/ROOM/wait?since=now",
  ])("gets from %s what a room that is not there gives: 404", async (path) => {
    // Read by somebody who may: what one person was given must not open it for the next.
    expect((await get(path.replace("ROOM", "staff&wait=0"), ana)).status).not.toBe(500);
    for (const cookie of [bo, ""]) {
      const hidden = await get(path.replace("ROOM", "staff"), cookie);
      const unknown = await get(path.replace("ROOM", "nowhere"), cookie);
      expect([hidden.status, unknown.status]).toEqual([404, 404]);
      expect(hidden.text).toContain("no_room");
      expect(hidden.text).not.toMatch(/secret|Staff only/);
      const blank = (text: string) =>
        text.replaceAll(/staff|nowhere/g, "ROOM").replaceAll(/value="[^"]*"/g, "");
      expect(blank(hidden.text)).toBe(blank(unknown.text));
    }
  });

  it("while who may reads it everywhere", async () => {
    expect(pollBody(await get("/poll?room=staff", ana)).messages).toMatchObject([{ text: "a secret" }]);
    expect(pollBody(await get("/history?room=staff", ana)).messages).toMatchObject([{ text: "a secret" }]);
    for (const path of ["/rooms/staff", "/rooms/staff/wait"])
      expect(messagesIn((await get(path, ana)).text)).toEqual(["a secret"]);
  });

  it("does not see it in the list of rooms", async () => {
    expect((await get("/", ana)).text).toContain("Staff only");
    for (const cookie of [bo, ""]) {
      const { text } = await get("/", cookie);
      expect(text).toContain("Lobby");
      expect(text).not.toContain("Staff only");
    }
  });

  it("cannot write there either, not even as a page that keeps the text", async () => {
    const before = pollBody(await get("/poll?room=staff", ana)).messages.length;
    const refused = await send(bo, "staff");
    expect([refused.status, codeOf(refused)]).toEqual([404, "no_room"]);
    const page = await send(bo, "staff", { page: "1", text: "kept for me" });
    expect(page.status).toBe(404);
    expect(page.text).toContain('value="kept for me"');
    expect(page.text).not.toMatch(/secret|Staff only/);
    expect(pollBody(await get("/poll?room=staff", ana)).messages).toHaveLength(before);
    expect((await send(ana, "staff")).status).toBe(201);
  });
});

describe("who loses the right while parked", () => {
  it("is woken with 404 and not with the message; who keeps it is given it", async () => {
    readers.add("Bo");
    const [anas, bos] = [
      await park(app().bench, "/poll?room=staff&since=now", { headers: { cookie: ana } }),
      await park(app().bench, "/poll?room=staff&since=now", { headers: { cookie: bo } }),
    ];
    readers.delete("Bo");
    await tell("another secret");
    expect((await anas.body).messages).toMatchObject([{ text: "another secret" }]);
    const refused = await bos.answer;
    expect([refused.status, codeOf(refused)]).toEqual([404, "no_room"]);
    expect(refused.text).not.toContain("secret");
  });

  it("gets nothing of that room either when another of the rooms wakes the poll", async () => {
    readers.add("Bo");
    const both = await park(app().bench, "/poll?room=staff&room=lobby&since=now", {
      headers: { cookie: bo },
    });
    const lobby = await park(app().bench, "/poll?room=lobby&since=now", { headers: { cookie: bo } });
    readers.delete("Bo");
    await tell("for everybody", "lobby");
    expect((await lobby.body).messages).toMatchObject([{ text: "for everybody" }]);
    expect((await both.answer).status).toBe(404);
  });

  it("is shown a page without the message by the waiting page", async () => {
    readers.add("Bo");
    const path = "/rooms/staff/wait?since=now";
    const [anas, bos] = [
      await park(app().bench, path, { headers: { cookie: ana } }),
      await park(app().bench, path, { headers: { cookie: bo } }),
    ];
    readers.delete("Bo");
    await tell("a page's secret");
    expect(messagesIn((await anas.answer).text)[0]).toBe("a page's secret");
    const refused = await bos.answer;
    expect(refused.status).toBe(404);
    expect(refused.text).not.toMatch(/secret|Staff only/);
  });
});

describe("the host's own decisions", () => {
  it("who may read but not write is told so, and nothing is stored", async () => {
    writers.delete("Bo");
    const before = (await get("/history?limit=500", bo)).text;
    const refused = await send(bo, "lobby");
    expect([refused.status, codeOf(refused)]).toEqual([403, "may_not_post"]);
    expect((await get("/history?limit=500", bo)).text).toBe(before);
    writers.add("Bo");
    expect((await send(bo, "lobby")).status).toBe(201);
  });

  it("an error of the host's is a 500 that tells nothing, also for who is parked", async () => {
    const parked = await park(app().bench, "/poll?since=now", { headers: { cookie: bo } });
    isFailing = true;
    await tell("nobody may be asked", "lobby");
    for (const answer of [await parked.answer, await get("/poll", bo), await get("/rooms/lobby", bo)]) {
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain("host.db");
    }
    isFailing = false;
    expect((await get("/poll", bo)).status).toBe(200);
  });
});
