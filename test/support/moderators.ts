/** A moderator of a chat in this process, and the moderators' page as a form sends to it. */
import { expect } from "vitest";
import { type Answer, call } from "./http-client.js";
import { type Member, signIn } from "./member.js";
import type { Standalone } from "./standalone.js";

/** What the page of moderators is told; `headers` over those of a form. */
export function act(
  { url }: Pick<Standalone, "url">,
  who: Member,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const form = { page: "1", token: who.token, ...fields };
  return call(`${url}/moderation`, { form, headers: { cookie: who.cookie, ...headers } });
}

/** Signs in and types a code. */
export async function moderator(app: Standalone, name: string): Promise<Member> {
  const who = await signIn(app.url, name);
  const code = await app.chat.store.moderation.makeCode(name, "owner");
  const answer = await act(app, who, { act: "code", code });
  expect([answer.status, answer.headers.location]).toEqual([303, expect.stringMatching(/^\/moderation\?m=/)]);
  return who;
}

/** A page as somebody sees it. */
export function pageFor({ url }: Pick<Standalone, "url">, who: Member, path: string): Promise<Answer> {
  return call(url + path, { headers: { cookie: who.cookie, accept: "text/html" } });
}
