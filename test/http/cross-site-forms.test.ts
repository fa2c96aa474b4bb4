/** Form tokens, and what a refused cross-site request is told: every address that changes something asks for them. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, rowsOf, standalone } from "../support/standalone.js";

const ELSEWHERE = { origin: "http://elsewhere.example" };

describe("a form token", () => {
  const app = standalone();
  let ana: Member;
  let bo: Member;

  beforeAll(async () => {
    ana = await signIn(app().url, "Ana");
    bo = await signIn(app().url, "Bo");
  });

  const as = ({ cookie }: Member, headers: Record<string, string> = {}) => ({ cookie, ...headers });
  const send = (headers: Record<string, string>, fields: Record<string, string> = {}) =>
    call(`${app().url}/send`, { form: { text: "hi", ...fields }, headers });
  const stateless = async () =>
    (JSON.parse((await call(`${app().url}/session`)).text) as { token: string }).token;

  it("is taken as a field and as a header", async () => {
    expect((await send(as(ana), { token: ana.token })).status).toBe(201);
    expect((await send(as(ana, { "x-parkbench-token": ana.token }))).status).toBe(201);
    expect((await send(as(ana))).status).toBe(403);
    const json = JSON.stringify({ text: "hi", token: ana.token });
    expect((await call(`${app().url}/send`, { json, headers: as(ana) })).status).toBe(201);
  });

  it("of another session is worth nothing", async () => {
    for (const fields of [{ token: bo.token }, { token: ana.token.slice(0, -1) }, { token: "" }]) {
      expect(codeOf(await send(as(ana), fields))).toBe("cross_site");
      expect(codeOf(await send(as(ana, { ...ELSEWHERE }), fields))).toBe("cross_site");
    }
    expect((await send(as(bo), { token: bo.token })).status).toBe(201);
  });

  it("lives as long as the session: through a renaming, not beyond the sign-out", async () => {
    const cy = await signIn(app().url, "Cy");
    const renamed = await call(`${app().url}/session`, {
      form: { name: "Cyril", token: cy.token },
      headers: as(cy),
    });
    expect(renamed.status).toBe(201);
    const cookie = (renamed.headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");
    expect((await send({ cookie }, { token: cy.token })).status).toBe(201);
    const out = await call(`${app().url}/session/end`, { form: { token: cy.token }, headers: { cookie } });
    expect(out.status).toBe(200);
    expect((await send(ELSEWHERE, { name: "Cyril", token: cy.token })).status).toBe(403);
  });

  it("without a session is good for signing in, and for nothing else", async () => {
    const token = await stateless();
    const signedIn = await call(`${app().url}/session`, { form: { name: "Dee", token }, headers: ELSEWHERE });
    expect(signedIn.status).toBe(201);
    const without = await call(`${app().url}/session`, { form: { name: "Eve" }, headers: ELSEWHERE });
    expect(codeOf(without)).toBe("cross_site");
    expect(codeOf(await send(ELSEWHERE, { name: "Dan", token }))).toBe("cross_site");
    for (const path of ["/session/end", "/rooms"]) {
      const form = { name: "room-of-eve", token };
      expect(codeOf(await call(app().url + path, { form, headers: as(ana) })), path).toBe("cross_site");
    }
  });

  it("without a session does not rename somebody who has one: anybody can get such a token", async () => {
    const token = await stateless();
    for (const headers of [as(bo), as(bo, ELSEWHERE), as(bo, { referer: `${app().url}/` })]) {
      const answer = await call(`${app().url}/session`, { form: { name: "Mocked", token }, headers });
      expect([answer.status, codeOf(answer)]).toEqual([403, "cross_site"]);
    }
    const who = await call(`${app().url}/session`, { headers: as(bo) });
    expect(JSON.parse(who.text)).toMatchObject({ user: { name: "Bo" } });
  });

  it.each(["/send", "/session", "/session/end", "/rooms"])("is asked for by POST %s", async (path) => {
    const everything = () => ["messages", "users", "control"].map((table) => rowsOf(app(), table as "users"));
    const before = [everything(), countOf(app(), "rooms")];
    const form = { text: "hi", name: "forged" };
    for (const headers of [as(ana), as(ana, ELSEWHERE), as(ana, { "sec-fetch-site": "cross-site" })]) {
      const answer = await call(app().url + path, { form, headers });
      expect([answer.status, codeOf(answer)]).toEqual([403, "cross_site"]);
    }
    expect([everything(), countOf(app(), "rooms")]).toEqual(before);
    expect((await call(`${app().url}/session`, { headers: as(ana) })).text).toContain('"Ana"');
  });
});

describe.each([
  ["unset", []],
  ["set", ["https://chat.school", "https://chat.home"]],
] as const)("a refusal with PUBLIC_ORIGIN %s", (_setting, publicOrigins) => {
  const app = standalone({ publicOrigins });
  const ours = () => (publicOrigins.length > 0 ? publicOrigins.join(", ") : `127.0.0.1:${app().port}`);

  function refused(fields: Record<string, string>, headers: Record<string, string>): Promise<Answer> {
    return call(`${app().url}/send`, { form: { name: "Ana", ...fields }, headers });
  }

  it.each([
    ["http://elsewhere.example", ELSEWHERE],
    ["Sec-Fetch-Site: cross-site", { "sec-fetch-site": "cross-site" }],
    ["http://caf?", { origin: "http://caf\u00e9.example" }],
    ["http://other.example", { referer: "http://other.example/a/page" }],
  ] as const)("names PUBLIC_ORIGIN, ours and what came: %s", async (came, headers) => {
    const { detail } = JSON.parse((await refused({ text: "hi" }, headers)).text) as { detail: string };
    expect(detail).toContain("PUBLIC_ORIGIN");
    expect(detail).toContain(came);
    expect(detail).toContain(ours());
  });

  it("as a page keeps the text and the name, and can be sent again from there", async () => {
    const answer = await refused({ text: 'a "long" text', page: "1" }, ELSEWHERE);
    expect(answer.status).toBe(403);
    expect(answer.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(answer.text).toContain("PUBLIC_ORIGIN");
    expect(answer.text).toContain("http://elsewhere.example");
    expect(answer.text).toContain('value="a &quot;long&quot; text"');
    expect(answer.text).toContain('name="name" id="name" value="Ana"');
    expect(answer.text).toContain('action="/send"');
  });

  it("shows nothing of a hostile Origin as markup", async () => {
    const answer = await refused({ text: "hi", page: "1" }, { origin: "<script>alert(1)</script>" });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain("<script>alert");
  });
});
