/** What people type is text on every page, whatever it looks like: it makes no element and leaves no attribute. */
import { describe, expect, it } from "vitest";
import { type Element, elementsIn, fieldIn, messagesIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";

const app = standalone();

const HOSTILE = [
  '<script>alert("x")</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)',
  "</span></li></ul><iframe src=//evil.example>",
  "<!-- --><% it.token %><%~ it.body %>",
  "&lt;b&gt; &#39; &amp;amp;",
  "]]><svg/onload=alert(1)>",
];

/** Elements by what they are, without what changes from load to load. */
function shapeOf(html: string): string[] {
  return elementsIn(html).map(
    ({ tag, attributes }: Element) => `${tag} ${Object.keys(attributes).join(" ")}`,
  );
}

async function page(path: string, cookie = ""): Promise<string> {
  return (await call(app().url + path, { headers: { cookie } })).text;
}

describe.each(HOSTILE)("%s", (hostile) => {
  it.each(["/rooms/lobby", "/rooms/lobby/wait"])(
    "as a message on %s is shown as it is, and adds no element of its own",
    async (path) => {
      await app().chat.send({ room: "lobby", text: "harmless" });
      const known = new Set(shapeOf(await page(path)));
      await app().chat.send({
        room: "lobby",
        text: hostile,
        author: { id: null, name: hostile.slice(0, 40) },
      });
      const html = await page(path);
      expect(messagesIn(html)[0]).toBe(hostile);
      expect(shapeOf(html).filter((shape) => !known.has(shape))).toEqual([]);
    },
  );

  it("typed into a form that is refused stays in its field, and only there", async () => {
    const form = { page: "1", room: "lobby", name: hostile, text: hostile, nonce: hostile };
    const { status, text: html } = await call(`${app().url}/send`, { form });
    expect(status).toBe(400);
    expect([fieldIn(html, "text"), fieldIn(html, "name"), fieldIn(html, "nonce")]).toEqual([
      hostile,
      hostile,
      hostile,
    ]);
    const harmless = { page: "1", room: "lobby", name: "Ana", text: "hi", nonce: "not a nonce" };
    expect(shapeOf(html)).toEqual(shapeOf((await call(`${app().url}/send`, { form: harmless })).text));
  });

  it("as a name and as a room's title is shown as it is", async () => {
    const name = `N${HOSTILE.indexOf(hostile)} ${hostile}`.slice(0, 40);
    const ana = await signIn(app().url, name);
    const room = `r${HOSTILE.indexOf(hostile)}`;
    const made = await call(`${app().url}/rooms`, {
      form: { name: room, title: hostile, token: ana.token },
      headers: { cookie: ana.cookie },
    });
    expect(made.status, made.text).toBe(201);
    const home = await page("/", ana.cookie);
    expect(fieldIn(home, "name")).toBeDefined();
    expect(elementsIn(home).filter(({ attributes }) => attributes.value === name)).toHaveLength(1);
    for (const html of [home, await page(`/rooms/${room}`, ana.cookie)]) {
      const handlers = elementsIn(html).flatMap(({ attributes }) => Object.keys(attributes));
      expect(handlers.filter((attribute) => attribute.startsWith("on"))).toEqual([]);
      const tags = new Set(elementsIn(html).map(({ tag }) => tag));
      for (const tag of ["img", "iframe", "svg"]) expect(tags, html).not.toContain(tag);
      const scripts = elementsIn(html).filter(({ tag }) => tag === "script");
      expect(scripts.every(({ attributes }) => /^\/(client|page)\.js$/.test(attributes.src ?? ""))).toBe(
        true,
      );
    }
  });
});
