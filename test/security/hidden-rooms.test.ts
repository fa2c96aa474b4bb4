/** A room that the host hides from somebody answers in every way, and byte for byte, like one that is not there. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Room, User } from "../../src/index.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fieldIn } from "../support/html.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { handshake, openSocket } from "../support/ws-client.js";

/** Of one length, so that Content-Length may not differ either. */
const HIDDEN = "hidden-room";
const UNKNOWN = "nobodys-own";

const app = embedded({
  guests: true,
  identity: {
    ...hostIdentity,
    mayRead: (user: User | null, room: Room) => room.name !== HIDDEN || user?.name === "Ana",
    mayModerate: ({ name }: User) => name === "Ana" || name === "Bo",
  },
});
const url = () => app().bench.url;
let bo = "";
let ana = "";
let token = "";
let hiddenId = 0;

beforeAll(async () => {
  [ana, bo] = [await app().login("ana"), await app().login("bo")];
  const tokenOf = async (cookie: string) =>
    (JSON.parse((await call(`${url()}/session`, { headers: { cookie } })).text) as { token: string }).token;
  const form = { name: HIDDEN, title: "A secret title", token: await tokenOf(ana) };
  expect((await call(`${url()}/rooms`, { form, headers: { cookie: ana } })).status).toBe(201);
  hiddenId = (await app().chat.send({ room: HIDDEN, text: "a secret text" })).id;
  token = await tokenOf(bo);
});

/** Everything of an answer but the room's name, the time, and what is random in every page of a form. */
function bytesOf({ status, headers, text }: Answer, room: string): string {
  const { date: _, ...rest } = headers;
  const fresh = text.replaceAll(/(name="(?:token|nonce)" value=")[^"]*/g, "$1").replaceAll(/client=\w+/g, "");
  return `${status} ${JSON.stringify(rest)}\n${fresh}`.replaceAll(room, "ROOM");
}

type Ask = (room: string, headers: Record<string, string>) => Promise<Answer>;

const get = (path: string, method = "GET"): [string, Ask] => [
  `${method} ${path}`,
  (room, headers) => call(url() + path.replace("ROOM", room), { headers, method }),
];

const post = (path: string, fields: Record<string, string>): [string, Ask] => [
  `POST ${path} with ${Object.keys(fields)}`,
  (room, headers) =>
    call(url() + path, {
      // The names are the host's: without a cookie a name is to be given.
      form: { room, token: headers.cookie ? token : "", name: "Gil", ...fields },
      headers,
    }),
];

const ASKED: readonly [string, Ask][] = [
  get("/poll?room=ROOM"),
  get("/poll?room=ROOM&since=0&wait=0"),
  get("/poll?room=lobby&room=ROOM"),
  get("/poll?room=ROOM", "HEAD"),
  get("/events?room=ROOM"),
  get("/events?room=ROOM", "HEAD"),
  get("/history?room=ROOM"),
  get("/ws?room=ROOM"),
  ...["", "/wait", "/wait?since=0", "/live", "/frames", "/write", "?before=9"].map((rest) =>
    get(`/rooms/ROOM${rest}`),
  ),
  get("/rooms/ROOM", "HEAD"),
  ["a handshake", (room, headers) => handshake(url(), `?room=${room}`, headers)],
  post("/send", { text: "hi" }),
  post("/send", { text: "hi", nonce: "n1" }),
  post("/send", { text: "hi", page: "1", nonce: "n2" }),
  post("/send", { text: "hi", page: "1", view: "write" }),
  post("/page", { page: "1" }),
  post("/page", { page: "1", wait: "1", since: "0" }),
  post("/page", { page: "1", sealed: "" }),
  post("/moderation", { act: "close" }),
  post("/moderation", { act: "open", page: "1" }),
  post("/moderation", { act: "slow", seconds: "30" }),
];

describe.each([
  ["a member who may not read it", () => ({ cookie: bo })],
  ["somebody signed out", () => ({})],
])("to %s", (_who, headers) => {
  it.each(ASKED)("%s answers the same for both", async (_what, ask) => {
    const hidden = bytesOf(await ask(HIDDEN, headers() as Record<string, string>), HIDDEN);
    const unknown = bytesOf(await ask(UNKNOWN, headers() as Record<string, string>), UNKNOWN);
    expect(hidden).toBe(unknown);
    expect(hidden).not.toMatch(/secret/);
  });

  it("a frame that sends there is refused the same for both", async () => {
    const { socket, send, has, frames } = await openSocket(url(), "?since=now", {
      headers: { ...headers(), "x-parkbench-token": token },
    });
    await has(1);
    for (const room of [HIDDEN, UNKNOWN]) send({ room, text: "hi", name: "Gil" });
    await has(3);
    const [hidden, unknown] = [frames[1], frames[2]].map((frame) => JSON.stringify(frame));
    expect(hidden?.replaceAll(HIDDEN, "ROOM")).toBe(unknown?.replaceAll(UNKNOWN, "ROOM"));
    expect(frames[1]).toMatchObject({ status: 404, code: "no_room" });
    socket.terminate();
  });
});

it("negative twin: to who may read it, nearly all of them answer otherwise", async () => {
  const differing = [];
  for (const [what, ask] of ASKED.filter(([what]) => /^GET \/(poll|history|rooms)/.test(what))) {
    if (/\/live|\bws\b/.test(what)) continue;
    const hidden = bytesOf(await ask(HIDDEN, { cookie: ana }), HIDDEN);
    if (hidden !== bytesOf(await ask(UNKNOWN, { cookie: ana }), UNKNOWN)) differing.push(what);
  }
  expect(differing.length).toBeGreaterThan(8);
});

it("that the name is taken shows to who would make a room of it, as documented, and no more than that", async () => {
  const form = { name: HIDDEN, title: "Mine", token };
  const taken = await call(`${url()}/rooms`, { form, headers: { cookie: bo } });
  expect([taken.status, codeOf(taken)]).toEqual([409, "room_taken"]);
  expect(taken.text).not.toContain("secret");
  const page = await call(`${url()}/rooms`, { form: { ...form, page: "1" }, headers: { cookie: bo } });
  expect(page.text).not.toContain("secret");
  expect(fieldIn(page.text, "title")).toBe("Mine");
  expect((await call(`${url()}/`, { headers: { cookie: bo } })).text).not.toContain(HIDDEN);
});

describe("a moderator who may not read it", () => {
  const moderate = (fields: Record<string, string>, cookie: string, origin = app().host) =>
    call(`${url()}/moderation`, { form: fields, headers: { cookie, origin } });
  const pageOf = async (cookie: string) => (await call(`${url()}/moderation`, { headers: { cookie } })).text;

  it("is not told of it by the page, nor of what was done there, by who may", async () => {
    const said = await app().chat.send({ room: HIDDEN, text: "to be removed" });
    for (const act of [
      { act: "slow", room: HIDDEN, seconds: "0" },
      { act: "remove", id: `${said.id}` },
    ])
      expect((await moderate(act, ana)).status).toBe(200);
    const [toAna, toBo] = [await pageOf(ana), await pageOf(bo)];
    for (const text of [toAna, toBo]) expect(text).toContain("What was done");
    expect(toAna).toContain("A secret title");
    expect(toAna).toContain(`in ${HIDDEN}, by`);
    expect(toBo).not.toMatch(/secret|hidden-room/i);
  });

  it("cannot remove its messages, and is not told which there are", async () => {
    const [hidden, unknown] = [
      await moderate({ act: "remove", id: `${hiddenId}` }, bo),
      await moderate({ act: "remove", id: `${hiddenId + 1000}` }, bo),
    ];
    expect([hidden.status, codeOf(hidden)]).toEqual([404, "no_message"]);
    expect(hidden.text.replace(`${hiddenId}`, "")).toBe(unknown.text.replace(`${hiddenId + 1000}`, ""));
    const history = await call(`${url()}/history?room=${HIDDEN}`, { headers: { cookie: ana } });
    expect(history.text).toContain("a secret text");
  });
});
