/** A session is nobody else's: not planted, not read from the file, not in an address or a log, gone when it ends. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sign } from "cookie-signature";
import { describe, expect, it } from "vitest";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { elementsIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { cookieIn, type Member, signIn } from "../support/member.js";
import { SECRETS, standalone } from "../support/standalone.js";

const lines: string[] = [];
const note = (content: unknown, text?: unknown) => void lines.push(JSON.stringify([content, text]));
const app = standalone({
  trustProxy: 1,
  logger: { debug: note, info: note, warn: note, error: note, fatal: note } as never,
});

const sidIn = (cookie: string) => /s:([A-Za-z0-9_-]{32})\./.exec(decodeURIComponent(cookie))?.[1] ?? "";
const signed = (id: string, secret: string) => `parkbench.sid=${encodeURIComponent(`s:${sign(id, secret)}`)}`;

async function whoIs(cookie: string): Promise<unknown> {
  const { text } = await call(`${app().url}/session`, { headers: { cookie } });
  return (JSON.parse(text) as { user: { name: string } | null }).user?.name ?? null;
}

/** Everything that is on the disk beside and in the database, as bytes. */
function bytesOnDisk(): string {
  const folder = dirname(app().db.name);
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), "latin1"))
    .join("\n");
}

describe("a session that was planted", () => {
  it.each([
    ["unsigned", () => "parkbench.sid=planted"],
    ["signed by somebody else's secret", () => signed("planted-by-a-stranger-aaaaaaaaaa", "another secret")],
    ["signed by ours, of no session", () => signed("planted-by-who-has-it-aaaaaaaaaa", SECRETS[0] ?? "")],
  ])("%s is not the one that its bearer signs in with", async (what, make) => {
    const planted = make();
    const answer = await call(`${app().url}/session`, {
      form: { name: `Victim ${what.length}` },
      headers: { cookie: planted },
    });
    expect(answer.status).toBe(201);
    const cookie = cookieIn(answer.headers["set-cookie"]);
    expect(sidIn(cookie)).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect(planted).not.toContain(sidIn(cookie));
    expect([await whoIs(planted), await whoIs(cookie)]).toEqual([null, `Victim ${what.length}`]);
  });

  it("and belongs to the attacker is left to them as nobody's: the victim's rename gave it another id", async () => {
    const mallory = await signIn(app().url, "Mallory");
    const form = { name: "Victim", token: mallory.token };
    const answer = await call(`${app().url}/session`, { form, headers: { cookie: mallory.cookie } });
    expect(await whoIs(mallory.cookie)).toBeNull();
    expect(await whoIs(cookieIn(answer.headers["set-cookie"]))).toBe("Victim");
  });

  it("by form gets a new id at every change of name, and the old one is worth nothing", async () => {
    const person = new Cookieless(app().url);
    await person.enter("Seal");
    const carried = () => formsIn(person.text)[0]?.fields ?? {};
    const before = carried();
    await person.press("Change name", { name: "Seal again" });
    expect(carried().sealed).toMatch(/^sealed1\./);
    expect(carried().sealed).not.toBe(before.sealed);
    const send = ({ sealed = "", token = "" }: Readonly<Record<string, string>>) =>
      call(`${app().url}/send`, {
        form: { page: "1", sealed, token, text: `by ${sealed === before.sealed}` },
      });
    expect((await send(before)).status).toBe(403);
    expect((await send(carried())).status).toBe(200);
    expect(app().db.prepare("SELECT count(*) FROM messages WHERE text = 'by true'").pluck().get()).toBe(0);
  });
});

describe("a session that is looked for", () => {
  it("is nowhere in the files of the database: neither id, nor cookie, nor token, nor what a form carries", async () => {
    const ana = await signIn(app().url, "Ana on disk");
    const person = new Cookieless(app().url);
    await person.enter("Bo on disk");
    const sealed = formsIn(person.text)[0]?.fields.sealed ?? "";
    const [, sealedId = ""] = sealed.split(".");
    const bytes = bytesOnDisk();
    // They are there, under the hash of the id.
    expect(bytes).toContain("Ana on disk");
    expect(bytes).toContain("Bo on disk");
    for (const secret of [sidIn(ana.cookie), ana.token, sealed, sealedId]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(bytes).not.toContain(secret);
    }
    // But for what stands beside the database on purpose, in a file of its own.
    for (const secret of SECRETS) expect(bytes).not.toContain(secret);
  });

  it("is in no address, no log line and no answer but its own cookie's", async () => {
    lines.length = 0;
    await app().chat.send({ room: "lobby", text: "for the page that waits" });
    const ana = await signIn(app().url, "Ana in pages");
    const person = new Cookieless(app().url);
    await person.enter("Bo in pages");
    const secrets = [sidIn(ana.cookie), ana.token, formsIn(person.text)[0]?.fields.sealed ?? ""];
    const headers = { cookie: ana.cookie };
    const asked = [
      "/",
      "/rooms/lobby",
      "/rooms/lobby/wait?since=0",
      "/rooms/lobby/write",
      "/check",
      "/nowhere",
    ];
    const answers = await Promise.all(asked.map((path) => call(app().url + path, { headers })));
    await person.press("Lobby");
    answers.push(
      await call(`${app().url}/send`, { form: { token: ana.token, text: "hi", page: "1" }, headers }),
    );
    answers.push(await call(`${app().url}/send`, { form: { token: ana.token, room: "none" }, headers }));
    for (const { text, headers: answered } of [...answers, person.answer]) {
      const addresses = elementsIn(text).flatMap(({ attributes: { href, src, action, content } }) => [
        href,
        src,
        action,
        content,
      ]);
      for (const secret of secrets)
        expect(
          JSON.stringify([addresses, answered.location ?? "", answered["set-cookie"] ?? ""]),
        ).not.toContain(secret);
      expect(text).not.toContain(sidIn(ana.cookie));
      if (answered["content-type"]?.startsWith("text/html"))
        expect(answered["referrer-policy"]).toBe("same-origin");
    }
    for (const secret of [...secrets, ana.cookie]) expect(lines.join("\n")).not.toContain(secret);
  });

  it("travels in a cookie that no script reads and no other site sends, and that no stranger makes Secure", async () => {
    const set = async (headers: Record<string, string>, name: string) =>
      (await call(`${app().url}/session`, { form: { name }, headers })).headers["set-cookie"]?.[0] ?? "";
    expect(await set({}, "Plain")).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    expect(await set({ "X-Forwarded-Proto": "https" }, "Forged")).not.toContain("Secure");
  });
});

describe("a session that ended", () => {
  it.each([
    ["here", "/session/end"],
    ["by another name", "/session"],
  ])("%s is worth nothing in any copy of its cookie, and neither is its token then", async (_how, path) => {
    const ana: Member = await signIn(app().url, `Ana ${path.length}`);
    const send = (text: string) =>
      call(`${app().url}/send`, { form: { text, token: ana.token }, headers: { cookie: ana.cookie } });
    expect((await send("before")).status).toBe(201);
    const form = { token: ana.token, name: `Anna ${path.length}` };
    expect((await call(app().url + path, { form, headers: { cookie: ana.cookie } })).status).toBeLessThan(
      202,
    );
    expect(await whoIs(ana.cookie)).toBeNull();
    expect(codeOf(await send("after"))).toBe("no_name");
    const elsewhere = { origin: "http://elsewhere.example" };
    const forged = await call(`${app().url}/send`, {
      form: { text: "x", name: "Y", token: ana.token },
      headers: elsewhere,
    });
    expect(codeOf(forged)).toBe("cross_site");
  });

  it("by a secret that is not there any more is nobody's, while one of before still counts", async () => {
    const ana = await signIn(app().url, "Ana of the secrets");
    const id = sidIn(ana.cookie);
    const by = (secret: string) => whoIs(signed(id, secret));
    expect([
      await by(SECRETS[0] ?? ""),
      await by(SECRETS[1] ?? ""),
      await by("a secret of long ago"),
    ]).toEqual(["Ana of the secrets", "Ana of the secrets", null]);
  });
});
