/** Everybody who writes through a balancer: what got no good answer is sent again under its nonce, until it has one. */
import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "../../src/node-client/index.js";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { type Answer, call, idOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import type { Tally } from "./tally.js";

export interface Said {
  readonly text: string;
  /** Null where a page was the answer, or where the client chose it. */
  readonly nonce: string | null;
  readonly id: number | null;
}

/** Says one thing, for certain. */
type Say = (text: string) => Promise<Said>;

export interface Senders {
  /** All that was acknowledged. */
  readonly said: readonly Said[];
  /** Finishes what has begun. */
  stop(): Promise<void>;
}

const PAUSE_MS = 60;
const AGAIN_MS = 50;

export async function startSenders(url: string, tally: Tally): Promise<Senders> {
  const agent = new Agent({ keepAlive: true });
  const client = connect({ url, transports: [], name: "Cli" });
  const all: Readonly<Record<string, Say>> = {
    "a form": bySend("Ana", (form) => call(`${url}/send`, { form, agent })),
    JSON: bySend("Bo", (fields) => call(`${url}/send`, { json: JSON.stringify(fields) })),
    "a session": await asMember(),
    "a page": byPage(new Cookieless(url)),
    "the client": async (text) => {
      const { id, nonce = null } = await client.send(text);
      return { text, nonce, id };
    },
  };
  const said: Said[] = [];
  let isOver = false;
  const saying = Object.entries(all).map(async ([who, say]) => {
    for (let n = 0; !isOver; n++) {
      said.push(await say(`by ${who} ${n} <&>`));
      await pause(PAUSE_MS);
    }
  });
  const done = Promise.all(saying).catch((error: unknown) => tally.faults.push(`a sender: ${String(error)}`));
  return {
    said,
    async stop() {
      isOver = true;
      await done;
      agent.destroy();
      client.close();
    },
  };

  /** One after another, with or without a session. */
  function bySend(name: string, post: (fields: Record<string, string>) => Promise<Answer>, more = {}): Say {
    let count = 0;
    return async (text) => {
      const fields = { name, text, nonce: `${name}-${count++}`, ...more };
      const answer = await untilTaken(`a send of ${name}`, () => post(fields), [200, 201]);
      return { text, nonce: fields.nonce, id: idOf(answer) };
    };
  }

  /** Everybody must know who that is, whoever they are asked through. */
  async function asMember(): Promise<Say> {
    const { user, cookie, token } = await signIn(url, "Member");
    const headers = { cookie, origin: url };
    const say = bySend(user.name, (form) => call(`${url}/send`, { form, headers }), { name: "", token });
    return async (text) => {
      const { text: known } = await untilTaken("a session", () => call(`${url}/session`, { headers }), [200]);
      if (!known.includes('"Member"')) tally.faults.push(`${tally.phase}: Member is known as ${known}`);
      return say(text);
    };
  }

  /** A person without script or cookies: opens the room, fills in the form of one server, and it is sent to another. */
  function byPage(browser: Cookieless): Say {
    return async (text) => {
      await untilTaken("a page", () => browser.open("/rooms/lobby"), [200]);
      const form = formsIn(browser.text).find(({ button }) => button === "Send");
      if (!form) throw new Error(`the room has no form: ${browser.text}`);
      const request = { ...form, fields: { ...form.fields, name: "Dot", text } };
      const { headers } = await untilTaken("a send of a page", () => browser.send(request), [303]);
      await untilTaken("a page", () => browser.open(String(headers.location)), [200]);
      return { text, nonce: form.fields.nonce ?? null, id: null };
    };
  }

  async function untilTaken(
    who: string,
    ask: () => Promise<Answer>,
    taken: readonly number[],
  ): Promise<Answer> {
    for (;;) {
      const answer = await ask().catch(() => null);
      if (answer && taken.includes(answer.status)) return answer;
      tally.note(who, answer?.status ?? "cut", answer?.text);
      if (answer && answer.status < 500) throw new Error(`${who}: ${answer.status} ${answer.text}`);
      await pause(AGAIN_MS);
    }
  }
}
