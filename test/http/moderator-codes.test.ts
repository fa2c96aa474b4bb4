/** The one-time code that makes a moderator: once, in time, and not by guessing. */
import { describe, expect, it } from "vitest";
import { Cookieless } from "../support/cookieless.js";
import { say } from "../support/guest.js";
import { fieldIn, messagesIn, problemIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { act, moderator, pageFor } from "../support/moderators.js";
import { standalone } from "../support/standalone.js";

const app = standalone({ trustProxy: 1 });

const codeFor = (name: string) => app().chat.store.moderation.makeCode(name, "owner");
const isModerator = async (who: Member) =>
  (await pageFor(app(), who, "/moderation")).text.includes("What was done");

/** Types a code as somebody at an address; the status and what the page says. */
async function type(who: Member, code: string, address: string) {
  const { status, text, headers } = await act(
    app(),
    who,
    { act: "code", code },
    { "x-forwarded-for": address },
  );
  return {
    status,
    problem: problemIn(text),
    kept: fieldIn(text, "code"),
    retryAfter: headers["retry-after"],
  };
}

describe("a code", () => {
  it("makes a moderator of whoever types it first, and of nobody after", async () => {
    const [ana, bob] = [await signIn(app().url, "Ana"), await signIn(app().url, "Bob")];
    const code = await codeFor("Ana");
    expect((await type(ana, code.toLowerCase(), "10.0.0.1")).status).toBe(303);
    const used = await type(bob, code, "10.0.0.2");
    expect([used.status, used.problem, used.kept]).toEqual([
      403,
      expect.stringContaining("was used before"),
      code,
    ]);
    expect([await isModerator(ana), await isModerator(bob)]).toEqual([true, false]);
  });

  it("is worth nothing after fifteen minutes", async () => {
    const cy = await signIn(app().url, "Cy");
    const code = await codeFor("Cy");
    app().db.prepare("UPDATE moderator_codes SET expires_at = expires_at - 900000").run();
    expect((await type(cy, code, "10.0.0.3")).status).toBe(403);
    expect(await isModerator(cy)).toBe(false);
  });

  it("needs somebody who is signed in", async () => {
    const code = await codeFor("Dee");
    const { status, text } = await call(`${app().url}/moderation`, {
      form: { page: "1", act: "code", code },
    });
    expect([status, problemIn(text)]).toEqual([403, expect.stringContaining("Sign in first")]);
    expect((await type(await signIn(app().url, "Dee"), code, "10.0.0.4")).status).toBe(303);
  });
});

describe("somebody without cookies", () => {
  it("moderates by the forms' own session, and nobody else without cookies does", async () => {
    const [zed, other] = [new Cookieless(app().url), new Cookieless(app().url)];
    await zed.enter("Zed");
    await other.enter("Other");
    await zed.press("Moderation");
    await zed.press("Become a moderator", { code: "WRONG" });
    expect([zed.answer.status, problemIn(zed.text)]).toEqual([
      403,
      expect.stringContaining("This code is wrong"),
    ]);
    await zed.press("Become a moderator", { code: await codeFor("Zed") });
    expect(zed.text).toContain("What was done");
    await say(app().url, "Writer", "to be removed");
    await zed.press("All rooms");
    await zed.press("Lobby");
    await zed.press("Remove");
    expect(messagesIn(zed.text)).toEqual(["(removed)"]);
    await other.press("Lobby");
    expect([other.text.includes('value="Remove"'), messagesIn(other.text)]).toEqual([false, ["(removed)"]]);
    for (const { headers, status } of zed.seen.slice(2))
      expect([headers["set-cookie"], status < 500]).toEqual([undefined, true]);
  });
});

describe("guessing", () => {
  it("ends after five wrong codes of a session, whatever its address, and says when to come back", async () => {
    const [eve, fay] = [await signIn(app().url, "Eve"), await signIn(app().url, "Fay")];
    for (let n = 0; n < 5; n++) expect((await type(eve, `WRONG${n}`, `10.1.0.${n}`)).status).toBe(403);
    const right = await codeFor("Eve");
    const sixth = await type(eve, right, "10.1.0.9");
    expect([sixth.status, Number(sixth.retryAfter)]).toEqual([429, expect.any(Number)]);
    expect(Number(sixth.retryAfter)).toBeGreaterThan(50);
    expect(await isModerator(eve)).toBe(false);
    expect((await type(fay, right, "10.1.0.9")).status).toBe(303);
  });

  it("ends after five wrong codes of an address, whatever the session, many at once among them", async () => {
    const members = await Promise.all(Array.from({ length: 8 }, (_, n) => signIn(app().url, `Guesser ${n}`)));
    const tries = await Promise.all(members.map((who) => type(who, "WRONG", "10.2.0.1")));
    expect(tries.map(({ status }) => status).sort()).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
    expect((await type(await signIn(app().url, "Gus"), "WRONG", "10.2.0.2")).status).toBe(403);
  });

  it("costs a session nothing while its address has to wait", async () => {
    const [ida, jon] = [await signIn(app().url, "Ida"), await signIn(app().url, "Jon")];
    for (let n = 0; n < 5; n++) expect((await type(ida, "WRONG", "10.3.0.1")).status).toBe(403);
    const code = await codeFor("Jon");
    for (let n = 0; n < 6; n++) expect((await type(jon, code, "10.3.0.1")).status).toBe(429);
    expect((await type(jon, code, "10.3.0.2")).status).toBe(303);
  });

  it("is not what a moderator does who types right codes", async () => {
    for (let n = 0; n < 7; n++) await moderator(app(), `Moderator ${n}`);
  });
});
