/** A server process on PostgreSQL with clients of every kind, who go on while something is done to its database. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { expect } from "vitest";
import { type Answer, call, idOf, pollBody } from "./http-client.js";
import type { ServerProcess } from "./server.js";
import { openStream, type StreamReader, textsIn } from "./sse-reader.js";
import { until } from "./until.js";
import { openSocket, type SocketReader } from "./ws-client.js";

export const SECRET = "a secret of sixteen and more";

/** What everybody has read when a scene begins. */
const GREETING = "good morning";

export interface FaultScene {
  readonly server: ServerProcess;
  /** What was acknowledged, by its id. */
  readonly acknowledged: ReadonlyMap<number, string>;
  /** Every answer to a send so far. */
  readonly answers: readonly Answer[];
  /** Texts that a client which polls without end has got. */
  readonly polled: readonly string[];
  readonly stream: StreamReader;
  readonly socket: SocketReader;
  /** Sends once, and notes what is acknowledged. */
  send(text?: string, nonce?: string): Promise<Answer>;
  /** Resolves with the time in ms until a send is taken again; the one that was refused is repeated under its nonce. */
  recovers(): Promise<number>;
  /** Nobody waits any more. */
  leave(): Promise<void>;
  /** Ends it all: everything that was acknowledged is there once and has come to everybody once, in order. */
  end(databaseUrl: string): Promise<void>;
}

/** Every 503 must say when to come back. */
export function expectRefused(answer: Answer): void {
  expect(answer.status, answer.text).toBe(503);
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
}

export async function openScene(server: ServerProcess): Promise<FaultScene> {
  const acknowledged = new Map<number, string>();
  const answers: Answer[] = [];
  const polled: string[] = [];
  const refused: { text: string; nonce: string }[] = [];
  let isOver = false;
  const { next } = pollBody(await call(`${server.url}/poll?since=now&wait=0`));
  const polling = (async () => {
    let since = next;
    while (!isOver) {
      const answer = await call(`${server.url}/poll?since=${since}&wait=1`);
      if (answer.status === 200) {
        const body = pollBody(answer);
        expect(body.reset).toBeUndefined();
        polled.push(...body.messages.map(({ text }) => text));
        since = body.next;
      } else expectRefused(answer);
      if (answer.status !== 200) await pause(50);
    }
  })();
  const stream = await openStream(`${server.url}/events?since=${next}`);
  const socket = await openSocket(server.url, `?since=${next}`);

  // Whoever ends the scene hears of it.
  polling.catch(() => {});
  let sends = 0;

  const send = async (text = `text ${++sends}`, nonce: string = randomUUID()): Promise<Answer> => {
    const answer = await call(`${server.url}/send`, { form: { name: "Ana", text, nonce } });
    answers.push(answer);
    if (answer.status === 201 || answer.status === 200) {
      // Twice only for who asked twice.
      if (answer.status === 201) expect(acknowledged.has(idOf(answer))).toBe(false);
      acknowledged.set(idOf(answer), text);
    } else {
      expectRefused(answer);
      refused.push({ text, nonce });
    }
    return answer;
  };

  // Whoever has got it waits at the end of the log, and reads for itself no more: what is done to the database now is not
  // done to somebody who is still coming in.
  expect((await send(GREETING)).status).toBe(201);
  await stream.has(GREETING);
  await until(() => polled.length === 1 && socket.texts().length === 1, "all have the greeting");

  const leave = async () => {
    isOver = true;
    await polling;
    stream.leave();
    socket.socket.terminate();
  };

  return {
    server,
    leave,
    acknowledged,
    answers,
    polled,
    stream,
    socket,
    send,
    async recovers() {
      const startedAt = performance.now();
      const untilTaken = async (text: string, nonce: string) => {
        while ((await send(text, nonce)).status >= 300) {
          if (performance.now() - startedAt > 15_000) throw new Error(server.output());
          await pause(20);
        }
      };
      const [first = { text: `after ${++sends}`, nonce: randomUUID() }, ...others] = refused.splice(0);
      await untilTaken(first.text, first.nonce);
      const tookMs = performance.now() - startedAt;
      // Another connection of the pool may still be of before.
      for (const { text, nonce } of others) await untilTaken(text, nonce);
      refused.length = 0;
      return tookMs;
    },
    async end(databaseUrl) {
      const texts = [...acknowledged].sort(([a], [b]) => a - b).map(([, text]) => text);
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      const { rows } = await client.query<{ text: string }>("SELECT text FROM messages ORDER BY id");
      await client.end();
      const stored = rows.map(({ text }) => text);
      expect(new Set(stored).size, "nothing is doubled").toBe(stored.length);
      // Whoever was told "not known" may have been stored; in these tests everybody repeats until they know.
      expect(stored).toEqual(texts);
      const missing = () =>
        JSON.stringify({ stored, polled, stream: textsIn(stream.text()), socket: socket.texts() });
      await until(() => polled.length >= stored.length, missing);
      await until(() => socket.texts().length >= stored.length, missing);
      await until(() => textsIn(stream.text()).length >= stored.length, missing);
      expect(polled).toEqual(stored);
      expect(socket.texts()).toEqual(stored);
      expect(textsIn(stream.text())).toEqual(stored);
      // The very ones of the beginning.
      expect(stream.isOver()).toBe(false);
      expect(socket.socket.readyState).toBe(socket.socket.OPEN);
      await leave();
      expect(server.output()).not.toMatch(/nothing caught|unhandled/i);
      expect(await server.stop()).toBe(0);
    },
  };
}

/** A read that no memory can answer: the page before the oldest message. */
export function readOld({ url }: ServerProcess): Promise<Answer> {
  return call(`${url}/history?before=${Number.MAX_SAFE_INTEGER}`);
}

export function readiness({ url }: ServerProcess): Promise<Answer> {
  return call(`${url}/readyz`);
}

/** Readiness is believed for up to a second. */
export async function untilReady(server: ServerProcess, status: 200 | 503): Promise<void> {
  const giveUpAtMs = performance.now() + 15_000;
  while ((await readiness(server)).status !== status) {
    if (performance.now() > giveUpAtMs) throw new Error(`/readyz did not come to ${status}`);
    await pause(50);
  }
}
