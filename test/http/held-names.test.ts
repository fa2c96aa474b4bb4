/** A name is held for thirty minutes after its session signed in, sent or loaded a page, and no longer. */
import { describe, expect, it } from "vitest";
import { call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";

const HELD_MS = 30 * 60_000;
const MARGIN_MS = 20_000;
const app = standalone();

/** As if the user had last been seen so long ago. */
function seenAgo({ user }: Member, ms: number): void {
  app()
    .db.prepare("UPDATE users SET seen_at = ? WHERE id = ?")
    .run(Date.now() - ms, user.id);
}

function msSinceSeen({ user }: Member): number {
  return Date.now() - Number(app().db.prepare("SELECT seen_at FROM users WHERE id = ?").pluck().get(user.id));
}

function as({ cookie, token }: Member, path: string, form?: Record<string, string>) {
  return call(app().url + path, { headers: { cookie }, ...(form && { form: { token, ...form } }) });
}

async function isHeld(name: string): Promise<boolean> {
  const answer = await call(`${app().url}/send`, { form: { name, text: "is it free?" } });
  expect([201, 409]).toContain(answer.status);
  return answer.status === 409;
}

describe("a name", () => {
  it("is held almost thirty minutes, against sign-ins, renames and one-shot authors", async () => {
    const ana = await signIn(app().url, "Ana");
    const bo = await signIn(app().url, "Bo");
    seenAgo(ana, HELD_MS - MARGIN_MS);
    expect(await isHeld("Ana")).toBe(true);
    expect(codeOf(await call(`${app().url}/session`, { form: { name: "ANA" } }))).toBe("name_taken");
    expect(codeOf(await as(bo, "/session", { name: "ana" }))).toBe("name_taken");
  });

  it("is free after that", async () => {
    const cleo = await signIn(app().url, "Cleo");
    seenAgo(cleo, HELD_MS + 1);
    expect(await isHeld("Cleo")).toBe(false);
    expect((await signIn(app().url, "Cleo")).user.id).not.toBe(cleo.user.id);
  });
});

describe("what holds it on", () => {
  const touches: [string, (member: Member) => Promise<unknown>][] = [
    ["a send", (member) => as(member, "/send", { text: "here I am" })],
    ["the first page", (member) => as(member, "/")],
    ["a room's page", (member) => as(member, "/rooms/lobby")],
    ["the waiting page", (member) => as(member, "/rooms/lobby/wait")],
    ["a rename", (member) => as(member, "/session", { name: `${member.user.name}-2` })],
  ];
  const leavesAlone: [string, (member: Member) => Promise<unknown>][] = [
    ["a poll", (member) => as(member, "/poll?since=0")],
    ["the history", (member) => as(member, "/history")],
    ["asking who one is", (member) => as(member, "/session")],
    ["a send that is refused", (member) => as(member, "/send", { text: "" })],
  ];

  it.each(touches)("%s does", async (what, act) => {
    const member = await signIn(app().url, `By ${what}`);
    seenAgo(member, HELD_MS - MARGIN_MS);
    await act(member);
    expect(msSinceSeen(member)).toBeLessThan(MARGIN_MS);
  });

  it.each(leavesAlone)("%s does not", async (what, act) => {
    const member = await signIn(app().url, `Not by ${what}`);
    seenAgo(member, HELD_MS - MARGIN_MS);
    await act(member);
    expect(msSinceSeen(member)).toBeGreaterThanOrEqual(HELD_MS - MARGIN_MS);
  });

  it("is written at most once a minute", async () => {
    const dora = await signIn(app().url, "Dora");
    seenAgo(dora, 40_000);
    await as(dora, "/rooms/lobby");
    await as(dora, "/send", { text: "again" });
    expect(msSinceSeen(dora)).toBeGreaterThanOrEqual(40_000);
    seenAgo(dora, 60_001);
    await as(dora, "/rooms/lobby");
    expect(msSinceSeen(dora)).toBeLessThan(40_000);
  });
});

describe("who comes back after longer", () => {
  it("has the name still when nobody took it, and holds it again", async () => {
    const emil = await signIn(app().url, "Emil");
    seenAgo(emil, 10 * HELD_MS);
    expect((await as(emil, "/send", { text: "back again" })).status).toBe(201);
    expect(await isHeld("Emil")).toBe(true);
  });

  it("cannot write under it when somebody else has it now, but reads on, and takes another", async () => {
    const frida = await signIn(app().url, "Frida");
    seenAgo(frida, HELD_MS + 1);
    const other = await signIn(app().url, "Frida");
    const refused = await as(frida, "/send", { text: "I am Frida" });
    expect([refused.status, codeOf(refused)]).toEqual([409, "name_taken"]);
    expect((await as(frida, "/rooms/lobby")).status).toBe(200);
    expect((await as(other, "/send", { text: "so am I" })).status).toBe(201);
    const renamed = await as(frida, "/session", { name: "Frida the first" });
    expect(JSON.parse(renamed.text)).toMatchObject({ user: { id: frida.user.id } });
  });
});
