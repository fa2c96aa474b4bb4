/** Somebody who is signed in: the cookie, and the token of the forms. */
import { expect } from "vitest";
import { call } from "./http-client.js";

export interface Member {
  readonly user: { readonly id: number; readonly name: string };
  readonly cookie: string;
  readonly token: string;
}

/** Signs in at the chat under `url`. */
export async function signIn(url: string, name: string): Promise<Member> {
  const answer = await call(`${url}/session`, { form: { name } });
  expect(answer.status, answer.text).toBe(201);
  const { user, token } = JSON.parse(answer.text) as Pick<Member, "user" | "token">;
  return { user, token, cookie: cookieIn(answer.headers["set-cookie"]) };
}

/** The cookie that an answer set, as a request sends it back. */
export function cookieIn(lines: readonly string[] | undefined): string {
  return (lines ?? []).map((line) => line.split(";")[0]).join("; ");
}
