/** On every page, whatever somebody wrote stands between the very same marks of markup as harmless words do. */
import { beforeAll, describe, expect, it } from "vitest";
import { addRows, fill, HARMLESS, HOSTILE } from "../support/hostile.js";
import { elementsIn, messagesIn } from "../support/html.js";
import { call, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { eventsIn, openStream } from "../support/sse-reader.js";
import { type Standalone, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

const wild = standalone();
const tame = standalone();

beforeAll(() => {
  fill(wild(), HOSTILE);
  fill(tame(), HARMLESS);
});

/** All that can begin or end an element, an attribute's value or a comment, in order: every value of ours is in double quotes. */
function marksIn(html: string): string {
  return html.replace(/[^<>"']/g, "");
}

/** Elements with their attributes' names, and every address that a page leads to or loads. */
function shapeOf(html: string): string[] {
  return elementsIn(html).map(({ tag, attributes }) => {
    const { href, src, action, content } = attributes;
    const address = href ?? src ?? action ?? / url=(.*)/.exec(content ?? "")?.[1] ?? "";
    return `${tag} ${Object.keys(attributes).join(" ")} ${address.replace(/[?].*/, "")}`;
  });
}

function expectSame(hostile: string, harmless: string): void {
  expect(shapeOf(hostile)).toEqual(shapeOf(harmless));
  expect(marksIn(hostile)).toBe(marksIn(harmless));
}

async function both(ask: (app: Standalone) => Promise<string>): Promise<[string, string]> {
  return [await ask(wild()), await ask(tame())];
}

describe("a page full of it", () => {
  it.each([
    "/",
    "/rooms/full",
    "/rooms/full?before=9999",
    "/rooms/full/wait?since=2",
    "/rooms/full/frames",
    "/rooms/full/write",
    ...HOSTILE.map((_, n) => `/rooms/room-${n}`),
    "/check",
  ])("%s has no mark that is not ours", async (path) => {
    const [hostile, harmless] = await both(async ({ url }) => (await call(url + path)).text);
    expect(harmless).toMatch(path === "/check" ? /<h1>/ : /harmless \d/);
    expectSame(hostile, harmless);
  });

  it("shows all texts as they were written, but for NULs and line ends, which no page can hold", async () => {
    const shown = messagesIn((await call(`${wild().url}/rooms/full`)).text);
    expect(shown).toEqual([...HOSTILE].reverse());
  });

  it("is endless and goes on without one", async () => {
    const texts = await both(async (app) => {
      const stream = await openStream(`${app.url}/rooms/full/live`);
      await stream.has(app === tame() ? /harmless 27/ : /(&lt;b&gt;){300}/);
      addRows(app, app === tame() ? HARMLESS : HOSTILE);
      const isThere = () => stream.text().split('class="message fresh').length > HOSTILE.length;
      await until(() => isThere() && stream.text().endsWith("</li>\n"), "the rows that follow");
      stream.leave();
      return stream.text();
    });
    expectSame(...texts);
  });
});

/** What a form gives back: where each of its fields lands on a page again. */
describe.each(HOSTILE.map((word, n) => [n, word] as const))("given back by a form, no. %i", (n, word) => {
  // A NUL is refused for itself, and the page then says so.
  const harmless = word.includes("\0") ? "harmless \0" : (HARMLESS[n] ?? "");
  const post = (path: string, fields: (word: string) => Record<string, string>) =>
    both(async (app) => {
      const form = { page: "1", ...fields(app === tame() ? harmless : word) };
      const { status, text } = await call(app.url + path, { form });
      return `${status} ${text}`;
    });

  it.each([
    ["of a send", "/send", (said: string) => ({ room: "full", name: "admin", text: said, nonce: "n" })],
    ["of a send from its own page", "/send", (said: string) => ({ view: "write", name: "root", text: said })],
    ["of a send to no room", "/send", (said: string) => ({ room: "nowhere", name: "Ana", text: said })],
    [
      "of a send with a bad nonce",
      "/send",
      (said: string) => ({ name: "admin", text: "x", nonce: `${said}\n` }),
    ],
    ["of a room", "/rooms", (said: string) => ({ name: said, title: said })],
    ["that names no room", "/page", (said: string) => ({ since: said, room: said })],
  ])("%s", async (_what, path, fields) => {
    const [hostile, tamed] = await post(path, fields);
    expect(hostile.slice(0, 3)).toMatch(/^[34]/);
    expect(hostile.slice(0, 3)).toBe(tamed.slice(0, 3));
    expectSame(hostile, tamed);
  });
});

describe("a name", () => {
  it.each(['"><img src=/ran onerror=ran()>', "' onfocus='ran()", "<%= ran() %>{{ran()}}"])(
    "that is held, %s, is text wherever its holder looks and writes",
    async (name) => {
      const seen = await both(async (app) => {
        const member: Member = await signIn(app.url, app === tame() ? `Ana ${name.length}` : name);
        const headers = { cookie: member.cookie };
        const form = { room: "room-1", text: "hi", token: member.token };
        expect((await call(`${app.url}/send`, { form, headers })).status).toBe(201);
        const taken = { page: "1", room: "full", name: member.user.name, text: "hi" };
        const refused = await call(`${app.url}/send`, { form: taken });
        expect(refused.status).toBe(409);
        const pages = ["/", "/rooms/full/write"].map((path) => call(app.url + path, { headers }));
        return [...(await Promise.all(pages)), refused].map(({ text }) => text).join("\n");
      });
      // The problem names the name in quotation marks of its own, which are escaped as well.
      expectSame(...seen);
    },
  );
});

describe("a program", () => {
  it("is given every word as it was written, by polls, events and frames, and no event of its own making", async () => {
    const words = (messages: readonly { text: string }[]) =>
      messages.slice(-HOSTILE.length).map(({ text }) => text);
    const query = "?room=full&since=0&limit=500";
    expect(words(pollBody(await call(`${wild().url}/poll${query}`)).messages)).toEqual(HOSTILE);

    const stream = await openStream(`${wild().url}/events${query}`);
    const rows = () => eventsIn(stream.text()).filter(({ data }) => data.id);
    await until(() => rows().length === 2 * HOSTILE.length, "the rows of before, and those that followed");
    stream.leave();
    const events = eventsIn(stream.text());
    expect(words(rows().map(({ data }) => data))).toEqual(HOSTILE);
    for (const line of stream.text().split(/\r\n|\r|\n/))
      expect(line).toMatch(/^($|:|retry: \d+$|id: \d+-\w+$|event: |data: \{)/);
    expect(events.filter(({ data }) => data.text === "forged" || data.reset)).toEqual([]);

    const socket = await openSocket(wild().url, query);
    await socket.has(2);
    expect(words(socket.texts().map((text) => ({ text })))).toEqual(HOSTILE);
    socket.socket.terminate();
  });
});
