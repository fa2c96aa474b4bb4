/** POST /send with `as`: a message that was kept is sent as the user who wrote it, or not at all. */
import { beforeAll, describe, expect, it } from "vitest";
import { embedded, hostIdentity } from "../support/embedded.js";
import { fieldIn, problemIn } from "../support/html.js";
import { type Answer, call, codeOf, idOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

describe("a send that says who wrote it", () => {
  const app = standalone();
  let ana: Member;
  let bo: Member;

  beforeAll(async () => {
    ana = await signIn(app().url, "Ana");
    bo = await signIn(app().url, "Bo");
  });

  const send = (by: Member | null, content: Record<string, unknown>): Promise<Answer> =>
    call(`${app().url}/send`, {
      json: JSON.stringify({ text: "kept", ...content, ...(by ? { token: by.token } : { name: "Gil" }) }),
      headers: by ? { cookie: by.cookie } : {},
    });

  it("is taken from that user, as number, text or form field", async () => {
    expect((await send(ana, { as: ana.user.id })).status).toBe(201);
    expect((await send(ana, { as: String(ana.user.id) })).status).toBe(201);
    const form = { text: "kept", as: String(ana.user.id), token: ana.token };
    expect((await call(`${app().url}/send`, { form, headers: { cookie: ana.cookie } })).status).toBe(201);
  });

  it("is refused from anybody else, signed in or not, and stored for nobody", async () => {
    const rows = countOf(app(), "messages");
    for (const [by, as] of [
      [bo, ana.user.id],
      [bo, ""],
      [bo, -1],
      [null, ana.user.id],
      [null, "null"],
    ] as const) {
      const refused = await send(by, { as });
      expect([refused.status, codeOf(refused)], String(as)).toEqual([403, "wrong_user"]);
    }
    expect(countOf(app(), "messages")).toBe(rows);
  });

  it("that says nobody is taken while nobody is signed in, and not as who is by now", async () => {
    const taken = await send(null, { as: "", name: "Gil" });
    expect(taken.status).toBe(201);
    const refused = await send(bo, { as: "", name: "Gil" });
    expect(codeOf(refused)).toBe("wrong_user");
  });

  it("sent again is recognised for its author; as somebody else it is not answered with the author's message", async () => {
    const kept = { text: "once", nonce: "n-kept", as: ana.user.id };
    const first = await send(ana, kept);
    const again = await send(ana, kept);
    expect([first.status, again.status, idOf(again)]).toEqual([201, 200, idOf(first)]);
    for (const by of [bo, null]) {
      const refused = await send(by, kept);
      expect(codeOf(refused)).toBe("wrong_user");
      expect(refused.text).not.toContain("once");
    }
  });

  it.each([[{}], [[1]], [true], [null]])("malformed (%j) is a mistake of the request", async (as) => {
    const refused = await send(ana, { as });
    expect([refused.status, codeOf(refused)]).toEqual([400, "bad_request"]);
  });

  it("on a page says so, with the text kept", async () => {
    const form = { page: "1", text: "kept", as: String(ana.user.id), token: bo.token };
    const refused = await call(`${app().url}/send`, { form, headers: { cookie: bo.cookie } });
    expect([refused.status, fieldIn(refused.text, "text")]).toEqual([403, "kept"]);
    expect(problemIn(refused.text)).toContain("Nothing was sent");
  });
});

describe("where the host says who people are", () => {
  const app = embedded({ identity: hostIdentity });

  it("a user whose id is a text is meant by it", async () => {
    const cookie = await app().login("bo");
    const lobby = await call(`${app().bench.url}/rooms/lobby`, { headers: { cookie } });
    const token = fieldIn(lobby.text, "token") ?? "";
    const send = (as: string) =>
      call(`${app().bench.url}/send`, { form: { text: "hi", token, as }, headers: { cookie } });
    expect((await send("u-bo")).status).toBe(201);
    expect(codeOf(await send("u-ana"))).toBe("wrong_user");
  });
});
