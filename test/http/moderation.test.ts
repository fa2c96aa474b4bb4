/** The page for moderators: a code makes one, its forms act, and nobody else may. */
import { beforeAll, describe, expect, it } from "vitest";
import { say } from "../support/guest.js";
import { messagesIn } from "../support/html.js";
import { type Answer, call, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
let mia: Member;
let bob: Member;

beforeAll(async () => {
  [mia, bob] = [await signIn(app().url, "Mia"), await signIn(app().url, "Bob")];
  const code = await app().chat.store.moderation.makeCode("Mia", "owner");
  expect((await act(mia, { act: "code", code })).status).toBe(303);
});

/** As a page's form sends it. */
function act(who: Member, fields: Record<string, string>): Promise<Answer> {
  const form = { page: "1", token: who.token, ...fields };
  return call(`${app().url}/moderation`, { form, headers: { cookie: who.cookie } });
}

async function pageFor(who: Member, path: string): Promise<string> {
  return (await call(app().url + path, { headers: { cookie: who.cookie } })).text;
}

describe("a moderator", () => {
  it("removes a message by the button on it, and is back in the room", async () => {
    const [gone, kept] = [await say(app().url, "Cy", "bad words"), await say(app().url, "Cy", "good words")];
    expect(await pageFor(mia, "/rooms/lobby")).toContain(`name="id" value="${gone}"`);
    const { status, headers } = await act(mia, { act: "remove", id: `${gone}`, back: "lobby" });
    expect([status, headers.location]).toEqual([303, expect.stringMatching(/^\/rooms\/lobby\?m=/)]);
    for (const who of [mia, bob])
      expect(messagesIn(await pageFor(who, "/rooms/lobby")).slice(0, 2)).toEqual(["good words", "(removed)"]);
    const { messages } = pollBody(await call(`${app().url}/poll?since=${gone - 1}&wait=0`));
    expect(messages.map(({ id, text }) => [id, text])).toEqual([
      [gone, ""],
      [kept, "good words"],
      [kept + 1, ""],
    ]);
  });
});

describe("nobody else", () => {
  it("sees a button or the lists", async () => {
    await say(app().url, "Cy", "some words");
    expect(await pageFor(bob, "/rooms/lobby")).not.toContain('value="Remove"');
    expect(await pageFor(bob, "/moderation")).not.toContain("What was done");
  });
});
