/** The workers of a server process: who they are, one of them alone, and people who talk to all of them. */
import { Agent } from "node:http";
import { expect } from "vitest";
import { type Answer, call, idOf, pollBody } from "./http-client.js";
import { childrenOf } from "./process-group.js";
import type { ServerProcess } from "./server.js";

export function workersOf({ child }: ServerProcess): readonly number[] {
  return childrenOf(child.pid ?? 0);
}

/** What connects meanwhile is taken by this worker: all others are frozen. */
export async function atWorker<T>(server: ServerProcess, pid: number, act: () => Promise<T>): Promise<T> {
  const others = workersOf(server).filter((other) => other !== pid);
  for (const other of others) process.kill(other, "SIGSTOP");
  try {
    return await act();
  } finally {
    for (const other of others) process.kill(other, "SIGCONT");
  }
}

/** Waits for what takes processes to start or end, and leaves the cores to them meanwhile. */
export function comes(state: () => boolean, what: string): Promise<void> {
  return expect.poll(state, { timeout: 40_000, interval: 25, message: what }).toBe(true);
}

export interface Talk {
  /** What was acknowledged, by id. */
  readonly said: ReadonlyMap<number, string>;
  /** What each reader got, in the order in which it came. */
  readonly heard: readonly (readonly { readonly id: number; readonly text: string }[])[];
  /** Requests that were not answered, and answers that were refusals. */
  readonly errors: readonly string[];
  /** Resolves when every reader has everything. */
  end(): Promise<void>;
}

/** Over kept connections, without a pause. A request that fails is noted and sent again, a send with its nonce. */
export function talk(url: string, { writers = 3, readers = 2 } = {}): Talk {
  const said = new Map<number, string>();
  const heard = Array.from({ length: readers }, (): { id: number; text: string }[] => []);
  const errors: string[] = [];
  let isOver = false;
  let isAllSaid = false;
  const writing = Array.from({ length: writers }, (_, n) => keeping((agent) => write(n, agent)));
  const reading = heard.map((rows) => keeping((agent) => read(rows, agent)));
  const work = Promise.all([...writing, ...reading]);
  // Whoever ends it hears of a failure.
  work.catch(() => {});
  return {
    said,
    heard,
    errors,
    async end() {
      isOver = true;
      await Promise.all(writing);
      isAllSaid = true;
      await work;
    },
  };

  async function write(writer: number, agent: Agent): Promise<void> {
    for (let n = 0; !isOver; n++) {
      const text = `${writer} says ${n}`;
      const form = { name: `Writer ${writer}`, text, nonce: text.replaceAll(" ", "-") };
      const answer = await persist("send", () => call(`${url}/send`, { form, agent }));
      said.set(idOf(answer), text);
    }
  }

  async function read(rows: { id: number; text: string }[], agent: Agent): Promise<void> {
    let cursor = "0";
    while (!isAllSaid || rows.length < said.size) {
      const answer = await persist("poll", () =>
        call(`${url}/poll?since=${cursor}&wait=1&limit=500`, { agent }),
      );
      const { messages, next } = pollBody(answer);
      rows.push(...messages.map(({ id, text }) => ({ id, text })));
      cursor = next;
    }
  }

  async function persist(what: string, ask: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      try {
        const answer = await ask();
        if (answer.status < 300) return answer;
        errors.push(`${what}: ${answer.status} ${answer.text}`);
      } catch (error) {
        errors.push(`${what}: ${(error as NodeJS.ErrnoException).code}`);
      }
    }
  }
}

async function keeping(act: (agent: Agent) => Promise<void>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await act(agent).finally(() => agent.destroy());
}
