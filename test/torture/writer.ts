/** A writer that outlives its servers: what got no answer is sent again, anywhere, under the same nonce until it has one. */
import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Gate } from "../support/gate.js";
import { type Answer, call, idOf } from "../support/http-client.js";
import type { Random } from "../support/random.js";
import { sendInFrame } from "./frame.js";
import type { Ack, Sent } from "./history.js";
import type { LookUps } from "./look-up.js";
import type { Member, Members } from "./members.js";
import type { TortureProcess } from "./process.js";

/** What all writers of a run write down together. */
export interface Writing {
  readonly processes: readonly TortureProcess[];
  readonly members: Members;
  readonly rooms: readonly string[];
  readonly gate: Gate;
  readonly sent: Sent[];
  readonly acks: Ack[];
  readonly lookUps: LookUps;
  readonly onTrouble: (text: string) => void;
  unanswered: number;
  hungUp: number;
  /** Sends that were answered in a frame of a WebSocket. */
  framed: number;
  /** Messages that are under way. */
  readonly underWay: Set<Promise<void>>;
}

export interface WriterOptions {
  readonly name: string;
  readonly signsIn: boolean;
  readonly keepsConnection: boolean;
  readonly random: Random;
  /** Finishes what it has begun, and then ends. */
  readonly stop: AbortSignal;
}

const PATIENCE_MS = 2500;
/** What a page, a string in JSON and an event must each escape in its own way. */
const HOSTILE = `<b>&amp;"'\\\u2028😀</script>`;

export async function startWriter(writing: Writing, options: WriterOptions): Promise<void> {
  const { name, random, stop } = options;
  const agent = options.keepsConnection ? new Agent({ keepAlive: true }) : undefined;
  const author = options.signsIn ? await writing.members.signIn(name, random) : null;
  const who = { form: author ? { token: author.token } : { name }, headers: cookieOf(author) };
  for (let n = 0; !stop.aborted; n++) {
    await writing.gate.pass();
    const saying = say(n);
    writing.underWay.add(saying);
    await saying;
    writing.underWay.delete(saying);
    // People are slower. It leaves the machine to the processes that start again.
    await pause(random.whole(0, 40));
  }
  agent?.destroy();

  async function say(n: number): Promise<void> {
    const one: Sent = {
      nonce: `${name.replace(" ", "-")}-${n}`,
      room: pick(writing.rooms),
      text: `${name} says ${n} ${random.oneIn(3) ? HOSTILE : ""}`.trim(),
      begunAt: performance.now(),
    };
    writing.sent.push(one);
    // Somebody impatient presses twice, and the second reaches another process.
    const times = random.oneIn(10) ? [1, 2] : [1];
    const acks = await Promise.all(times.map(() => sendUntilAnswered(one)));
    // A client that doubts its answer asks again; it must be the same message.
    if (random.oneIn(8)) acks.push(await sendUntilAnswered(one));
    for (const ack of acks) writing.acks.push(...ack);
  }

  async function sendUntilAnswered(one: Sent): Promise<readonly Ack[]> {
    for (let tries = 0; ; tries++) {
      const answer = await send(one);
      if (answer === null) continue;
      const { status } = answer;
      if (status === 200 || status === 201) {
        const ack = { nonce: one.nonce, id: idOf(answer), status, at: performance.now(), isRetry: tries > 0 };
        if (random.oneIn(3)) await writing.lookUps.look(one, ack.id, pick(writing.processes));
        return [ack];
      }
      // Busy or stopping: it says nothing about the row. Ten writers that ask again at once would keep it busy.
      if (status === 503) {
        await pause(random.whole(10, 100));
        continue;
      }
      writing.onTrouble(`a send of ${name} was answered ${status}: ${answer.text}`);
      return [];
    }
  }

  /** Null: nobody knows whether it is stored. Now and then it is the writer who hangs up. */
  async function send({ room, text, nonce }: Sent): Promise<Answer | null> {
    const hangUp = new AbortController();
    const isFickle = random.oneIn(12);
    const timer = setTimeout(() => hangUp.abort(), isFickle ? random.whole(0, 5) : PATIENCE_MS);
    const fields = { ...who.form, room, text, nonce };
    const { url } = pick(writing.processes).hop;
    try {
      if (random.oneIn(3)) {
        const answer = await sendInFrame(url, fields, who.headers, hangUp.signal);
        writing.framed += 1;
        return answer;
      }
      return await call(`${url}/send`, {
        ...(random.oneIn(2) ? { form: fields } : { json: JSON.stringify(fields) }),
        headers: who.headers,
        ...(agent && { agent }),
        signal: hangUp.signal,
      });
    } catch {
      if (hangUp.signal.aborted && isFickle) writing.hungUp += 1;
      else writing.unanswered += 1;
      await pause(random.whole(10, 100));
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  function pick<T>(list: readonly T[]): T {
    return list[random.whole(0, list.length - 1)] as T;
  }
}

function cookieOf(author: Member | null): Record<string, string> {
  return author ? { cookie: author.cookie } : {};
}
