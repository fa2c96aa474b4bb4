/** Signing in, renaming and asking who one is: the cookie, the session behind it, and nothing without need. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { fieldIn, problemIn } from "../support/html.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { cookieIn, type Member, signIn } from "../support/member.js";
import { countOf, rowsOf, standalone } from "../support/standalone.js";

const app = standalone();

function session(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  return call(`${app().url}/session`, { form, headers });
}

/** Who the server takes the bearer of a cookie for. */
async function whoIs(cookie: string): Promise<{ user: unknown; token: string; answer: Answer }> {
  const answer = await call(`${app().url}/session`, { headers: { cookie } });
  return { ...(JSON.parse(answer.text) as { user: unknown; token: string }), answer };
}

function rename({ cookie, token }: Member, name: string): Promise<Answer> {
  return session({ name, token }, { cookie });
}

/** The session id in a cookie, without signature. */
const idIn = (cookie: string) =>
  decodeURIComponent(cookie)
    .replace(/^parkbench\.sid=s:/, "")
    .replace(/\..*$/, "");

describe("POST /session", () => {
  it("signs in: 201 with the user and a token, and one cookie that scripts and other sites do not get", async () => {
    const answer = await session({ name: "Ana" });
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toEqual({
      user: { id: expect.any(Number), name: "Ana" },
      token: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
    });
    const lines = answer.headers["set-cookie"] ?? [];
    expect(lines).toHaveLength(1);
    const [pair = "", ...attributes] = (lines[0] ?? "").split("; ");
    expect(pair).toMatch(/^parkbench\.sid=s%3A[A-Za-z0-9_-]{32}\.[A-Za-z0-9%+/]+$/);
    const named = attributes.map((attribute) => attribute.split("=")[0]).sort();
    expect(named).toEqual(["Expires", "HttpOnly", "Path", "SameSite"]);
    expect(attributes).toEqual(expect.arrayContaining(["HttpOnly", "SameSite=Lax", "Path=/"]));
    expect((await whoIs(pair)).user).toEqual({ id: expect.any(Number), name: "Ana" });
  });

  it("as a page goes on to the first page, at a new address; an error there keeps the name", async () => {
    const done = await session({ page: "1", name: "Bo" });
    expect([done.status, done.headers.location]).toEqual([303, expect.stringMatching(/^\/\?m=./)]);
    const refused = await session({ page: "1", name: "b\u00f6se\u202e" });
    expect([refused.status, fieldIn(refused.text, "name")]).toEqual([400, "b\u00f6se\u202e"]);
    expect(problemIn(refused.text)).not.toBe("");
  });

  it("without a name, with several, or with something else: refused, and nobody is signed in", async () => {
    const before = countOf(app(), "users");
    const twice = await call(`${app().url}/session`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", "content-length": "0" },
    });
    expect([twice.status, codeOf(twice)]).toEqual([400, "no_name"]);
    for (const [name, code] of [
      ["", "bad_name"],
      ["moderator", "name_reserved"],
      ["ana", "name_taken"],
    ] as const) {
      const refused = await session({ name });
      expect(codeOf(refused), name).toBe(code);
      expect(refused.headers).not.toHaveProperty("set-cookie");
    }
    expect(countOf(app(), "users")).toBe(before);
  });

  it("GET and POST are what it takes", async () => {
    const { status, headers } = await call(`${app().url}/session`, { method: "DELETE" });
    expect([status, headers.allow]).toEqual([405, "POST, GET, HEAD, OPTIONS"]);
  });
});

describe("GET /session", () => {
  it.each([
    ["nobody", ""],
    ["a forged cookie", "parkbench.sid=s%3Aplanted.planted"],
  ])("for %s: no user, a token to sign in with, no cookie and no session", async (_who, cookie) => {
    const before = rowsOf(app(), "sessions");
    const { user, token, answer } = await whoIs(cookie);
    expect([answer.status, user]).toEqual([200, null]);
    expect(token).toMatch(/^[A-Za-z0-9_-]{16}\.[A-Za-z0-9_-]{32}$/);
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(rowsOf(app(), "sessions")).toEqual(before);
  });

  it("for a member: the user and the session's token, again and again the same, and no cookie", async () => {
    const cleo = await signIn(app().url, "Cleo");
    for (let i = 0; i < 2; i++) {
      const { user, token, answer } = await whoIs(cleo.cookie);
      expect([user, token]).toEqual([cleo.user, cleo.token]);
      expect(answer.headers).not.toHaveProperty("set-cookie");
    }
  });
});

describe("a rename", () => {
  it("keeps the user's id and the token of open forms, and frees the old name", async () => {
    const dora = await signIn(app().url, "Dora");
    const renamed = await rename(dora, "Theodora");
    expect(renamed.status).toBe(201);
    expect(JSON.parse(renamed.text)).toEqual({
      user: { id: dora.user.id, name: "Theodora" },
      token: dora.token,
    });
    expect((await whoIs(cookieIn(renamed.headers["set-cookie"]))).user).toEqual({
      id: dora.user.id,
      name: "Theodora",
    });
    expect((await signIn(app().url, "Dora")).user.id).not.toBe(dora.user.id);
  });

  it("to one's own name in other letters is allowed, to a name that another holds is not", async () => {
    const emil = await signIn(app().url, "Emil");
    await signIn(app().url, "Frida");
    const refused = await rename(emil, "FRIDA");
    expect([refused.status, codeOf(refused)]).toEqual([409, "name_taken"]);
    expect((await whoIs(emil.cookie)).user).toEqual(emil.user);
    expect((await rename(emil, "EMIL")).status).toBe(201);
  });

  it("leaves what was written before under the name of then", async () => {
    const gerd = await signIn(app().url, "Gerd");
    const sent = await call(`${app().url}/send`, {
      form: { text: "as Gerd", token: gerd.token },
      headers: { cookie: gerd.cookie },
    });
    await rename(gerd, "Gerda");
    const { id } = JSON.parse(sent.text) as { id: number };
    const name = app().db.prepare("SELECT author_name FROM messages WHERE id = ?").pluck().get(id);
    expect(name).toBe("Gerd");
  });
});

describe("the session id", () => {
  it("is new after every sign-in and rename, and the old one is worth nothing", async () => {
    const hans = await signIn(app().url, "Hans");
    const renamed = await rename(hans, "Johannes");
    const cookie = cookieIn(renamed.headers["set-cookie"]);
    expect(idIn(cookie)).not.toBe(idIn(hans.cookie));
    expect((await whoIs(hans.cookie)).user).toBeNull();
    expect((await whoIs(cookie)).user).toMatchObject({ name: "Johannes" });
  });

  it("that somebody planted before the sign-in is not the session's afterwards", async () => {
    const attacker = await signIn(app().url, "Mallory");
    for (const planted of ["parkbench.sid=s%3Aplanted.planted", "parkbench.sid=planted", attacker.cookie]) {
      const { token } = await whoIs(planted);
      const victim = await session({ name: `Victim ${planted.length}`, token }, { cookie: planted });
      expect(victim.status, victim.text).toBe(201);
      const cookie = cookieIn(victim.headers["set-cookie"]);
      expect(idIn(cookie)).not.toBe(idIn(planted));
      expect((await whoIs(planted)).user).toBeNull();
      expect((await whoIs(cookie)).user).toMatchObject({ name: `Victim ${planted.length}` });
    }
  });

  it("is in the database only as its SHA-256", async () => {
    const ida = await signIn(app().url, "Ida");
    const id = idIn(ida.cookie);
    const hash = createHash("sha256").update(id).digest();
    expect(app().db.prepare("SELECT count(*) FROM sessions WHERE id_hash = ?").pluck().get(hash)).toBe(1);
    const tables = ["sessions", "users", "control", "messages"] as const;
    const everything = JSON.stringify(
      tables.map((table) => rowsOf(app(), table)),
      (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value),
    );
    expect(everything).toContain("Ida");
    expect(everything).not.toContain(id);
  });
});
