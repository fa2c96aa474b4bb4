/** A writer that outlives its server: what got no answer is sent again under the same nonce until it has one. */
import { randomBytes } from "node:crypto";
import type { Agent } from "node:http";
import type { Gate } from "./gate.js";
import { type Answer, call, idOf } from "./http-client.js";
import type { Random } from "./random.js";
import type { Ack, Sent } from "./verdict.js";

/** What all writers of a run write down together. */
export interface Writing {
  readonly url: string;
  readonly gate: Gate;
  readonly rooms: readonly string[];
  readonly sent: Sent[];
  readonly acks: Ack[];
  /** Sends that were cut off by somebody else. */
  unanswered: number;
  hungUp: number;
}

export interface WriterOptions {
  readonly name: string;
  readonly signsIn: boolean;
  readonly random: Random;
  readonly agent: Agent;
  /** Finishes what it has begun, and then ends. */
  readonly stop: AbortSignal;
}

export async function startWriter(writing: Writing, options: WriterOptions): Promise<void> {
  const { name, random, stop } = options;
  const author = options.signsIn ? await signIn(writing.url, name) : { form: { name }, headers: {} };
  for (let n = 0; !stop.aborted; n++) {
    const one: Sent = {
      nonce: randomBytes(12).toString("base64url"),
      room: writing.rooms[random.whole(0, writing.rooms.length - 1)] ?? "",
      text: `${name} says ${n}`,
      begunAt: performance.now(),
    };
    writing.sent.push(one);
    const form = { ...author.form, room: one.room, text: one.text, nonce: one.nonce };
    await sendUntilAnswered(one, form);
    // A client that doubts its answer asks again; it must be the same message.
    if (random.oneIn(8)) await sendUntilAnswered(one, form);
  }

  async function sendUntilAnswered({ nonce }: Sent, form: Readonly<Record<string, string>>): Promise<void> {
    for (;;) {
      await writing.gate.pass();
      const answer = await send(form);
      if (answer === null) continue;
      if (answer.status === 200 || answer.status === 201) {
        writing.acks.push({ nonce, id: idOf(answer), status: answer.status, at: performance.now() });
        return;
      }
      throw new Error(`A send was answered ${answer.status}: ${answer.text}`);
    }
  }

  /** Null: nobody knows whether it is stored. Now and then it is the writer who hangs up. */
  async function send(form: Readonly<Record<string, string>>): Promise<Answer | null> {
    const hangUp = new AbortController();
    const timer = random.oneIn(12) ? setTimeout(() => hangUp.abort(), random.whole(0, 3)) : undefined;
    try {
      const { agent } = options;
      return await call(`${writing.url}/send`, {
        form,
        headers: author.headers,
        agent,
        signal: hangUp.signal,
      });
    } catch {
      if (hangUp.signal.aborted) writing.hungUp += 1;
      else writing.unanswered += 1;
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

async function signIn(url: string, name: string) {
  const { headers, text } = await call(`${url}/session`, { form: { name } });
  const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const { token } = JSON.parse(text) as { token: string };
  return { form: { token }, headers: { cookie } };
}
