/** Those who sign in, at whatever process answers, and who each process takes them for at the end. */
import { setTimeout as pause } from "node:timers/promises";
import type { Gate } from "../support/gate.js";
import { type Answer, call } from "../support/http-client.js";
import type { Random } from "../support/random.js";
import type { Known } from "./history.js";
import type { TortureProcess } from "./process.js";

export interface Member {
  readonly name: string;
  readonly cookie: string;
  readonly token: string;
}

const PATIENCE_MS = 2500;

export class Members {
  readonly #processes: readonly TortureProcess[];
  readonly #all: Member[] = [];

  constructor(processes: readonly TortureProcess[]) {
    this.#processes = processes;
  }

  /** A sign-in whose answer was lost may hold its name: the next try is for another. */
  async signIn(wanted: string, random: Random): Promise<Member> {
    for (let tries = 0; ; tries++) {
      const name = tries === 0 ? wanted : `${wanted} ${tries}`;
      const one = this.#processes[random.whole(0, this.#processes.length - 1)];
      const answer = await ask(`${one?.hop.url}/session`, name);
      if (answer?.status === 201) {
        const cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
        const { token } = JSON.parse(answer.text) as { token: string };
        const member = { name, cookie, token };
        this.#all.push(member);
        return member;
      }
      await pause(random.whole(10, 100));
    }
  }

  /** Of everybody who was told that they are signed in. */
  async known(): Promise<readonly Known[]> {
    const known: Known[] = [];
    for (const { name: process, url } of this.#processes) {
      for (const { name, cookie } of this.#all) {
        const { text } = await call(`${url}/session`, { headers: { cookie } });
        const { user } = JSON.parse(text) as { user: { name: string } | null };
        known.push({ process, name, knownAs: user?.name ?? null });
      }
    }
    return known;
  }
}

/** People who come, sign in and go: their sessions must be known at the end, whatever happened to who made them. */
export async function visit(members: Members, random: Random, gate: Gate, stop: AbortSignal) {
  for (let n = 0; !stop.aborted; n++) {
    await gate.pass();
    await members.signIn(`Visitor ${n}`, random);
    await pause(random.whole(200, 1500), undefined, { signal: stop }).catch(() => {});
  }
}

async function ask(url: string, name: string): Promise<Answer | null> {
  try {
    return await call(url, { form: { name }, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return null;
  }
}
