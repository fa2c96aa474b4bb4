/** The page for moderators: what its forms do, and that nobody else may. */
import { beforeAll, describe, expect, it } from "vitest";
import { say } from "../support/guest.js";
import { fieldIn, messagesIn, problemIn } from "../support/html.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { act, moderator, pageFor } from "../support/moderators.js";
import { rowsOf, standalone } from "../support/standalone.js";

const app = standalone();
let mia: Member;
let bob: Member;

beforeAll(async () => {
  mia = await moderator(app(), "Mia");
  bob = await signIn(app().url, "Bob");
});

const audit = () => app().chat.store.moderation.audit(100);
const newest = async () => (await audit())[0];
const byMia = () => `user ${mia.user.id} (Mia)`;

describe("a moderator", () => {
  it("removes a message by the button on it, and is back in the room", async () => {
    const [gone, kept] = [await say(app().url, "Cy", "bad words"), await say(app().url, "Cy", "good words")];
    const { text } = await pageFor(app(), mia, "/rooms/lobby");
    expect(text).toContain(`name="id" value="${gone}"`);
    const { status, headers } = await act(app(), mia, { act: "remove", id: `${gone}`, back: "lobby" });
    expect([status, headers.location]).toEqual([303, expect.stringMatching(/^\/rooms\/lobby\?m=/)]);
    for (const who of [mia, bob])
      for (const path of ["/rooms/lobby", "/rooms/lobby/wait"])
        expect(messagesIn((await pageFor(app(), who, path)).text)).toEqual(["good words", "(removed)"]);
    const { messages } = pollBody(await call(`${app().url}/poll?since=${gone - 1}&wait=0`));
    expect(messages).toMatchObject([
      { id: gone, text: "" },
      { id: kept, text: "good words" },
      { kind: "delete", ref: gone, from: { id: null, name: "moderator" } },
    ]);
    expect(await newest()).toMatchObject({ actor: byMia(), action: "remove", subject: `${gone}` });
  });

  it("mutes and bans, sees whom, and lifts it", async () => {
    for (const kind of ["mute", "ban"]) {
      const whom = { of: "name", whom: "Nobody Here" };
      await act(app(), mia, { act: kind, ...whom, minutes: "5", reason: "for <trying>" });
      expect(await newest()).toMatchObject({ actor: byMia(), action: kind, subject: "name nobody here" });
      const { text } = await pageFor(app(), mia, "/moderation");
      expect(text).toContain("for &lt;trying&gt;");
      expect(text).toContain(`name="act" value="un${kind}"`);
      await act(app(), mia, { act: `un${kind}`, of: "name", whom: "nobody here" });
      expect((await pageFor(app(), mia, "/moderation")).text).toContain('<p class="empty">Nobody.</p>');
    }
  });

  it("lifts what the page lists, an IPv6 network too", async () => {
    await act(app(), mia, { act: "ban", of: "address", whom: "2001:db8::5" });
    const { text } = await pageFor(app(), mia, "/moderation");
    const listed = 'name="whom" value="2001:db8::/64"';
    expect(text).toContain(listed);
    const lifted = await act(app(), mia, { act: "unban", of: "address", whom: "2001:db8::/64" });
    expect(lifted.status).toBe(303);
    expect((await pageFor(app(), mia, "/moderation")).text).toContain('<p class="empty">Nobody.</p>');
  });

  it("sees the newest hundred bans, and lifts the older by a form", async () => {
    const { moderation } = app().chat.store;
    for (let n = 0; n < 103; n++) {
      const subject = { kind: "address", value: `10.7.0.${n}` } as const;
      await moderation.restrict("ban", subject, { untilMs: null, reason: "" }, "owner");
    }
    const { text } = await pageFor(app(), mia, "/moderation");
    expect(text.match(/value="Lift it"/g)).toHaveLength(100);
    expect([text.includes("One of the 3 older ones"), text.includes('<b dir="auto">10.7.0.2</b>')]).toEqual([
      true,
      false,
    ]);
    const lift = (whom: string) => act(app(), mia, { act: "unban", of: "address", whom });
    expect((await lift("10.7.0.2")).status).toBe(303);
    const again = await lift("10.7.0.2");
    expect([again.status, problemIn(again.text)]).toEqual([
      400,
      expect.stringContaining("There was no ban of the address 10.7.0.2. Nothing was changed."),
    ]);
    expect(again.text).toMatch(/id="other" value="10\.7\.0\.2"/);
    for (const { kind, subject } of await moderation.restrictions())
      await moderation.lift(kind, subject, "owner");
    expect((await pageFor(app(), mia, "/moderation")).text).not.toContain("older ones");
  });

  it("closes, opens and slows a room", async () => {
    await act(app(), mia, { act: "close", room: "lobby" });
    const refused = await call(`${app().url}/send`, { form: { name: "Cy", text: "too late" } });
    expect(codeOf(refused)).toBe("room_closed");
    await act(app(), mia, { act: "open", room: "lobby" });
    await act(app(), mia, { act: "slow", room: "lobby", seconds: "30" });
    expect(fieldIn((await pageFor(app(), mia, "/moderation")).text, "seconds")).toBe("30");
    await act(app(), mia, { act: "slow", room: "lobby", seconds: "0" });
    expect(await say(app().url, "Cy", "in time")).toBeGreaterThan(0);
  });

  it("stays one under another name", async () => {
    const form = { name: "Maria", token: mia.token };
    const renamed = await call(`${app().url}/session`, { form, headers: { cookie: mia.cookie } });
    const cookie = renamed.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    mia = { ...mia, cookie };
    expect((await pageFor(app(), mia, "/moderation")).text).toContain("What was done");
    await call(`${app().url}/session`, { form: { name: "Mia", token: mia.token }, headers: { cookie } }).then(
      ({ headers }) => (mia = { ...mia, cookie: headers["set-cookie"]?.[0]?.split(";")[0] ?? "" }),
    );
  });

  it.each([
    [{ act: "ban", of: "name", whom: "" }, 400, "Say whom"],
    [{ act: "ban", of: "address", whom: "10.0.0" }, 400, "is no IPv4 or IPv6 address"],
    [{ act: "ban", of: "address", whom: "127.0.0.1" }, 400, "Such addresses are never banned"],
    [{ act: "ban", of: "name", whom: "e\u202evil" }, 400, "a character that cannot be seen"],
    [{ act: "ban", of: "user", whom: "9".repeat(201) }, 400, "too long"],
    [{ act: "mute", of: "name", whom: "Cy", minutes: "many" }, 400, "must be a whole number"],
    [{ act: "remove", id: "4711" }, 404, "There is no message 4711."],
    [{ act: "close", room: "nowhere" }, 404, "There is no room"],
    [{ act: "slow", room: "lobby", seconds: "-1" }, 400, "must be a whole number"],
    [{ act: "dance" }, 400, "must be one of"],
    [{ act: "toString" }, 400, "must be one of"],
  ])("is told what is wrong with %j, and what was typed is there still", async (fields, status, words) => {
    const before = await audit();
    const answer = await act(app(), mia, fields as Record<string, string>);
    expect([answer.status, problemIn(answer.text)]).toEqual([status, expect.stringContaining(words)]);
    for (const field of ["whom", "minutes", "id"] as const)
      expect(fieldIn(answer.text, field)).toBe((fields as Record<string, string>)[field] ?? "");
    expect(await audit()).toEqual(before);
  });
});

describe("nobody else", () => {
  it("sees a button or the lists", async () => {
    await say(app().url, "Cy", "some words");
    expect((await pageFor(app(), mia, "/rooms/lobby")).text).toContain('value="Remove"');
    expect((await pageFor(app(), bob, "/rooms/lobby")).text).not.toContain('value="Remove"');
    const { text } = await pageFor(app(), bob, "/moderation");
    expect([text.includes("What was done"), fieldIn(text, "code")]).toEqual([false, ""]);
    expect((await call(`${app().url}/moderation`)).text).toContain("Sign in first");
  });

  it("acts: not another user, not without a session, not in a moderator's name from another site", async () => {
    const id = `${await say(app().url, "Cy", "stays")}`;
    const before = [await audit(), rowsOf(app(), "messages"), rowsOf(app(), "control")];
    const fields = { act: "remove", id };
    const nobody = await call(`${app().url}/moderation`, { form: fields });
    const tries = [
      await act(app(), bob, { ...fields, page: "0" }),
      nobody,
      await act(
        app(),
        mia,
        { ...fields, page: "0" },
        { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      ),
      await act(app(), mia, { ...fields, page: "0", token: bob.token }),
    ];
    expect(tries.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [403, "not_moderator"],
      [403, "not_signed_in"],
      [403, "cross_site"],
      [403, "cross_site"],
    ]);
    expect([await audit(), rowsOf(app(), "messages"), rowsOf(app(), "control")]).toEqual(before);
  });

  it("is one any more when it was revoked, or after signing out", async () => {
    const max = await moderator(app(), "Max");
    expect(await app().chat.store.moderation.revoke(max.user.id, "owner")).toBe(true);
    expect((await act(app(), max, { act: "close", room: "lobby" })).status).toBe(403);
    const eva = await moderator(app(), "Eva");
    await call(`${app().url}/session/end`, { form: { token: eva.token }, headers: { cookie: eva.cookie } });
    expect((await act(app(), await signIn(app().url, "Eva"), { act: "close", room: "lobby" })).status).toBe(
      403,
    );
  });
});
