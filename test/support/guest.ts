/** Somebody who is in the chat by plain HTTP, as curl or a script would be. */
export interface Shown {
  readonly id: number;
  readonly from: { readonly name: string };
  readonly text: string;
}

/** Posts under a name, without a session; the answer's id. */
export async function say(url: string, name: string, text: string, room = "lobby"): Promise<number> {
  const { id } = await post(`${url}/send`, { room, name, text });
  return Number(id);
}

/** Signs in and makes a room. The name is held from then on. */
export async function makeRoom(url: string, by: string, room: string, title: string): Promise<void> {
  const signedIn = await fetch(`${url}/session`, { method: "POST", body: new URLSearchParams({ name: by }) });
  const { token } = (await signedIn.json()) as { token: string };
  const cookie = signedIn.headers.getSetCookie().map((line) => line.split(";")[0]);
  await post(`${url}/rooms`, { name: room, title, token }, { cookie: cookie.join("; ") });
}

/** A room as the server has it, oldest first. */
export async function historyOf(url: string, room = "lobby"): Promise<readonly Shown[]> {
  const response = await fetch(`${url}/history?room=${room}&limit=500`);
  const { messages } = (await response.json()) as { messages: readonly Shown[] };
  return messages;
}

async function post(
  address: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status !== 201) throw new Error(`${address}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}
