/** POST /rooms: who may make a room, what it may be called, and that it is there from then on. */
import { beforeAll, describe, expect, it } from "vitest";
import { fieldIn, problemIn } from "../support/html.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";
import { benchOf, park } from "../support/waiting.js";

const app = standalone();
const small = standalone({ limits: { roomsPerUserMax: 2 } });
let ana: Member;

beforeAll(async () => {
  ana = await signIn(app().url, "Ana");
});

function make(fields: Record<string, string>): Promise<Answer> {
  return call(`${app().url}/rooms`, {
    form: { token: ana.token, ...fields },
    headers: { cookie: ana.cookie },
  });
}

const titleOf = (name: string) =>
  app().db.prepare("SELECT title FROM rooms WHERE name = ?").pluck().get(name);

it("of rooms one user makes as many as LIMIT_ROOMS_PER_USER says; the page keeps the name, and others make theirs", async () => {
  const [bo, cy] = [await signIn(small().url, "Bo"), await signIn(small().url, "Cy")];
  const makeAs = ({ token, cookie }: Member, name: string, more = {}) =>
    call(`${small().url}/rooms`, { form: { token, name, title: "A title", ...more }, headers: { cookie } });
  for (const name of ["one", "two"]) expect((await makeAs(bo, name)).status).toBe(201);
  const refused = await makeAs(bo, "three");
  expect([refused.status, codeOf(refused)]).toEqual([403, "too_many_rooms"]);
  const page = await makeAs(bo, "three", { page: "1" });
  expect([page.status, fieldIn(page.text, "name"), fieldIn(page.text, "title")]).toEqual([
    403,
    "three",
    "A title",
  ]);
  expect(problemIn(page.text)).toContain("You have made 2 rooms");
  expect((await makeAs(cy, "three")).status).toBe(201);
});

describe("making a room", () => {
  it("gives a room that can be read, waited in and written to at once", async () => {
    const answer = await make({ name: "tea-2", title: "Tea room" });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([201, { name: "tea-2", title: "Tea room" }]);
    const parked = await park(benchOf(app()), "/poll?room=tea-2&since=now");
    const sent = await call(`${app().url}/send`, { form: { room: "tea-2", name: "Bo", text: "milk?" } });
    expect(sent.status).toBe(201);
    expect((await parked.body).messages).toMatchObject([{ room: "tea-2", text: "milk?" }]);
    expect((await call(`${app().url}/rooms/tea-2`)).text).toContain("Tea room</h1>");
  });

  it("lists it on the first page, after the lobby", async () => {
    await make({ name: "aaa", title: "First by name" });
    const { text } = await call(`${app().url}/`);
    const rooms = [...text.matchAll(/href="\/rooms\/([a-z0-9-]+)"/g)].map(([, name]) => name);
    expect(rooms.slice(0, 2)).toEqual(["lobby", "aaa"]);
  });

  it("is for those who are signed in", async () => {
    const rooms = countOf(app(), "rooms");
    const refused = await call(`${app().url}/rooms`, { form: { name: "guests-own", title: "x" } });
    expect([refused.status, codeOf(refused)]).toEqual([403, "not_signed_in"]);
    expect(countOf(app(), "rooms")).toBe(rooms);
  });

  it("under a name in use is refused, and the room stays as it is", async () => {
    await make({ name: "taken", title: "The first" });
    for (const name of ["taken", "lobby"]) {
      const refused = await make({ name, title: "Another" });
      expect([refused.status, codeOf(refused)]).toEqual([409, "room_taken"]);
    }
    expect([titleOf("taken"), titleOf("lobby")]).toEqual(["The first", "Lobby"]);
  });

  it.each(["a", "7", "-", "a-b-9", "x".repeat(64)])("takes the name %s", async (name) => {
    expect((await make({ name })).status).toBe(201);
    expect((await call(`${app().url}/rooms/${name}`)).status).toBe(200);
  });

  it.each(["", "x".repeat(65), "A", "ä", "a b", " a", "a\n", "a/b", "..", "a.b", "a_b", "a%20b", "a\0", "а"])(
    "refuses the name %j",
    async (name) => {
      const rooms = countOf(app(), "rooms");
      const refused = await make({ name, title: "x" });
      expect([refused.status, codeOf(refused)]).toEqual([400, "bad_room"]);
      expect(countOf(app(), "rooms")).toBe(rooms);
    },
  );

  it.each([
    ["none, and takes the name", "no-title", "", "no-title"],
    ["spaces, and takes the name", "spaces", "  ", "spaces"],
    ["80 emoji", "emoji", "😀".repeat(80), "😀".repeat(80)],
    ["in NFC", "nfc", "Cafe\u0301", "Café"],
    ["markup", "markup", "<b>&amp;", "<b>&amp;"],
  ])("takes a title: %s", async (_what, name, title, stored) => {
    expect((await make({ name, title })).status).toBe(201);
    expect(titleOf(name)).toBe(stored);
  });

  it.each(["😀".repeat(81), "two\nlines", "a\u0007bell", "\u202Eturned", "a\u2028b", "a\0b", "\u200b\u200d"])(
    "refuses the title %j",
    async (title) => {
      const refused = await make({ name: "bad-title", title });
      expect([refused.status, codeOf(refused)]).toEqual([400, "bad_title"]);
      expect(titleOf("bad-title")).toBeUndefined();
    },
  );

  it("from the page leads into the room, or back to the page with both fields kept", async () => {
    const made = await make({ page: "1", name: "paged", title: "Paged" });
    expect([made.status, made.headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/rooms\/paged\?m=./),
    ]);
    const refused = await make({ page: "1", name: "Not <this>", title: 'A "title"' });
    expect(refused.status).toBe(400);
    expect(problemIn(refused.text)).toContain("small letters");
    expect(refused.text).toContain('value="Not &lt;this&gt;"');
    expect(fieldIn(refused.text, "title")).toBe('A "title"');
  });

  it("from a page whose session has ended meanwhile keeps both fields, too", async () => {
    const refused = await call(`${app().url}/rooms`, {
      form: { page: "1", name: "late", title: "Too late" },
    });
    expect([refused.status, problemIn(refused.text)]).toEqual([
      403,
      expect.stringContaining("Sign in first"),
    ]);
    expect(fieldIn(refused.text, "title")).toBe("Too late");
    expect(refused.text).toContain('value="late"');
  });

  it("is the only thing done at /rooms", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await call(`${app().url}/rooms`, { method });
      expect([answer.status, answer.headers.allow]).toEqual([405, "POST, OPTIONS"]);
    }
  });
});

describe("a closed room", () => {
  it("can be read and waited in, but not written to, and says so", async () => {
    await make({ name: "old", title: "Old times" });
    const send = (page: string) =>
      call(`${app().url}/send`, { form: { room: "old", name: "Bo", text: "too late", page } });
    expect((await send("")).status).toBe(201);
    app().db.prepare("UPDATE rooms SET closed = 1 WHERE name = 'old'").run();
    const refused = await send("");
    expect([refused.status, codeOf(refused)]).toEqual([403, "room_closed"]);
    expect((await send("1")).text).toContain('value="too late"');
    const { text } = await call(`${app().url}/rooms/old`);
    expect(text).toContain("This room is closed");
    expect(text).not.toContain('id="send"');
    const history = JSON.parse((await call(`${app().url}/history?room=old`)).text) as { messages: unknown[] };
    expect(history.messages).toHaveLength(1);
  });
});
