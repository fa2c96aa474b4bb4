/** The sealed session over HTTP: what is taken for one, what ends it, where it never is, and what it must not let in. */
import { afterEach, describe, expect, it } from "vitest";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { elementsIn, fieldIn, messagesIn, problemIn } from "../support/html.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone({ trustProxy: 1 });
const bench = () => benchOf(app());

afterEach(() => nobodyWaits(bench()));

async function inLobby(name: string, headers: Record<string, string> = {}): Promise<Cookieless> {
  const person = new Cookieless(app().url, headers);
  expect((await person.enter(name)).status).toBe(200);
  await person.press("Lobby");
  return person;
}

/** In whose name the page's form sends. */
function nameOn(page: string): string {
  return /Message as <b[^>]*>([^<]*)/.exec(page)?.[1] ?? "nobody";
}

/** Refused, as signed out, with the text kept and a form that can carry a session again. */
function expectEnded({ status, text }: Answer, kept: string): void {
  expect([status, fieldIn(text, "text"), fieldIn(text, "sealed")]).toEqual([403, kept, ""]);
  expect(problemIn(text)).toContain("Give your name again");
  expect(nameOn(text)).toBe("nobody");
}

describe("a sealed session is that of its own value alone:", () => {
  it("changed, cut, a cookie's value, a token, a nonce and its bare id are nobody's", async () => {
    const ana = await inLobby("Ana");
    const value = ana.sealed ?? "";
    const [, id = ""] = value.split(".");
    const { token, cookie } = await signIn(app().url, "Bo");
    const signed = decodeURIComponent(cookie.replace("parkbench.sid=", ""));
    const wrong = [value.slice(0, -1), `${value}A`, value.replace("1.", "2."), id, `sealed:${id}`, "x"];
    const others = [signed, signed.slice(2), token, fieldIn(ana.text, "token"), fieldIn(ana.text, "nonce")];
    const rows = messagesIn(ana.text);
    const page = ana.answer;
    for (const sealed of [...wrong, ...others]) {
      ana.answer = page;
      expectEnded(await ana.press("Send", { text: "whose?", sealed: sealed ?? "" }), "whose?");
    }
    ana.answer = page;
    await ana.press("Send", { text: "mine" });
    expect([nameOn(ana.text), messagesIn(ana.text)]).toEqual(["Ana", ["mine", ...rows]]);
  });

  it("and it is no cookie, whichever part of it is put into one", async () => {
    const value = (await inLobby("Cy")).sealed ?? "";
    const [, id = "", seal = ""] = value.split(".");
    for (const secret of [value, `s:${value}`, id, `s:${id}.${seal}`, `s:sealed:${id}.${seal}`]) {
      const headers = { cookie: `parkbench.sid=${encodeURIComponent(secret)}` };
      const { text } = await call(`${app().url}/session`, { headers });
      expect((JSON.parse(text) as { user: unknown }).user, secret).toBeNull();
    }
  });

  it("a cookie's session wins over it", async () => {
    const dee = await inLobby("Dee");
    const { cookie, token } = await signIn(app().url, "Eve");
    const { fields = {} } = formsIn(dee.text).find(({ button }) => button === "Send") ?? {};
    const asDee = { ...fields, text: "typed as Dee", token };
    const refused = await call(`${app().url}/send`, { form: asDee, headers: { cookie } });
    expect([refused.status, nameOn(refused.text)]).toEqual([403, "Eve"]);
    expect(refused.text).toContain("typed as Dee");
    const { as: _as, ...form } = { ...asDee, as: "", text: "by cookie" };
    const sent = await call(`${app().url}/send`, { form, headers: { cookie } });
    expect(sent.status).toBe(303);
    const { text } = await call(app().url + sent.headers.location, { headers: { cookie } });
    expect([nameOn(text), fieldIn(text, "sealed")]).toEqual(["Eve", undefined]);
    expect(text).toMatch(/Eve<\/b><span class="colon">:<\/span> <span class="text" dir="auto">by cookie/);
  });
});

describe("a sealed session ends", () => {
  it("after 12 hours, and not before", async () => {
    const fay = await inLobby("Fay");
    const leftMs = (ms: number) =>
      app()
        .db.prepare("UPDATE sessions SET expires_at = ? WHERE data LIKE '%\"Fay\"%'")
        .run(Date.now() + ms);
    leftMs(60_000);
    await fay.press("Send", { text: "still me" });
    expect(nameOn(fay.text)).toBe("Fay");
    leftMs(-1);
    expectEnded(await fay.press("Send", { text: "too late" }), "too late");
    await fay.open("/");
    await fay.press("Start", { name: "Fay again" });
    expect(fay.answer.status).toBe(200);
  });

  it("at the sign-out at once: its other pages are nobody's, its parked request is answered, its name is free", async () => {
    const gil = await inLobby("Gil");
    const open = gil.answer;
    const waiting = new Cookieless(app().url);
    waiting.answer = open;
    const waited = waiting.press("Wait for new messages");
    await until(() => bench().parked() === 1, "the page to be parked");
    await gil.press("All rooms");
    await gil.press("Sign out");
    expectEnded(await waited, "");
    gil.answer = open;
    expectEnded(await gil.press("Send", { text: "after it" }), "after it");
    expect(app().db.prepare("SELECT 1 FROM sessions WHERE data LIKE '%\"Gil\"%'").get()).toBeUndefined();
    expect((await signIn(app().url, "gil")).user.name).toBe("gil");
  });

  it("at a renaming, which gives a new one: a value that somebody planted before is worth nothing", async () => {
    const hal = await inLobby("Hal");
    const before = hal.answer;
    await hal.press("All rooms");
    await hal.press("Change name", { name: "Harold" });
    const renamed = hal.answer;
    hal.answer = before;
    expectEnded(await hal.press("Send", { text: "as before" }), "as before");
    hal.answer = renamed;
    await hal.press("Lobby");
    expect(nameOn(hal.text)).toBe("Harold");
  });
});

describe("a sealed session is never", () => {
  it("in an address: no link, redirect, form action, frame, refresh or script's address of any page has it", async () => {
    const ida = await inLobby("Ida");
    await ida.press("Send", { text: "hello" });
    await ida.press("All rooms");
    await ida.press("Make the room", { name: "ida-s", title: "Ida's" });
    await ida.press("Send", { text: "" });
    await ida.press("All rooms");
    await ida.press("Change name", { name: "Ida 2" });
    await ida.send({
      action: "/page",
      fields: { ...ida.last.fields, room: "nowhere", sealed: ida.sealed ?? "" },
    });
    expect(ida.answer.status).toBe(404);
    await ida.press("All rooms");
    await ida.press("Sign out");
    expect(ida.seen.length).toBeGreaterThan(8);
    for (const { text, headers } of ida.seen) {
      const values = elementsIn(text).flatMap(({ tag, attributes }) =>
        Object.entries(attributes)
          .filter(([name]) => !(tag === "input" && name === "value"))
          .map(([, value]) => value),
      );
      expect(values.filter((value) => value.includes("sealed1."))).toEqual([]);
      expect(JSON.stringify(headers)).not.toContain("sealed1.");
      // Nothing else on a signed-in page leads where the session would be lost without a word.
      if (text.includes('name="sealed" value="sealed1.'))
        expect(
          elementsIn(text).filter(
            ({ tag, attributes }) => tag === "a" && !attributes.href?.endsWith("/check"),
          ),
        ).toEqual([]);
      expect(headers).not.toHaveProperty("location");
    }
  });

  it("given to somebody else who sends the form that made it, from another address", async () => {
    const jo = await inLobby("Jo", { "x-forwarded-for": "192.0.2.1" });
    const planted = { action: "/session", fields: { page: "1", name: "Kim", nonce: "planted", sealed: "" } };
    const kim = new Cookieless(app().url, { "x-forwarded-for": "192.0.2.2" });
    expect((await kim.send(planted)).status).toBe(200);
    expect((await jo.send(planted)).status).toBe(409);
    expect([(await kim.reload()).status, kim.sealed === ""]).toEqual([200, false]);
  });

  it("used by another site: a foreign Origin is refused, and without one the form's token is asked for", async () => {
    const lee = await inLobby("Lee");
    const { fields = {} } = formsIn(lee.text).find(({ button }) => button === "Send") ?? {};
    const send = (headers: Record<string, string>, form: Record<string, string>) =>
      call(`${app().url}/send`, { form: { ...fields, page: "1", text: "hi", ...form }, headers });
    const foreign = { origin: "http://elsewhere.example" };
    expect((await send(foreign, { token: "" })).status).toBe(403);
    expect((await send({ referer: `${app().url}/page` }, { token: "" })).status).toBe(403);
    expect((await send({ referer: `${app().url}/page` }, {})).status).toBe(200);
    expect((await send({}, { token: "" })).status).toBe(403);
    expect((await send({}, {})).status).toBe(200);
  });

  it("taken from JSON, nor asked of a program", async () => {
    const mo = await inLobby("Mo");
    const json = JSON.stringify({ text: "hi", sealed: mo.sealed });
    const refused = await call(`${app().url}/send`, { json });
    expect([refused.status, codeOf(refused)]).toEqual([400, "no_name"]);
  });
});
