/** A reader that outlives its server: it asks since its last id, again and again, and keeps every row it is given. */
import type { Agent } from "node:http";
import type { Gate } from "./gate.js";
import { type Answer, call, pollBody } from "./http-client.js";
import type { Heard, Row } from "./verdict.js";

export interface Reading {
  readonly url: string;
  readonly gate: Gate;
  readonly agent: Agent;
}

export interface ReaderOptions {
  readonly reader: string;
  readonly rooms: readonly string[];
  readonly limit?: number;
  /** Asks by the id alone, without the epoch that came with it. */
  readonly hasBareCursor?: boolean;
  /** One in so many answers is lost on its way: the reader asks again where it was. */
  readonly losesEvery?: number;
}

export interface KillReader {
  /** Reads on until it has the newest row of its rooms, for at most 10 s; what it has then. */
  readUpTo(log: readonly Row[]): Promise<Heard>;
  leave(): void;
}

export function startReader({ url, gate, agent }: Reading, options: ReaderOptions): KillReader {
  const { reader, rooms, limit = 100, hasBareCursor = false, losesEvery = 0 } = options;
  const end = new AbortController();
  const rows: Row[] = [];
  let [cursor, cut, resets, answers] = ["0", 0, 0, 0];
  let lastId = Number.POSITIVE_INFINITY;
  const query = `${rooms.map((room) => `room=${room}`).join("&")}&limit=${limit}&wait=20`;

  const reading = (async () => {
    while (idOf(cursor) < lastId && !end.signal.aborted) {
      await gate.pass();
      const answer = await poll();
      if (answer === null) continue;
      answers += 1;
      if (losesEvery > 0 && answers % losesEvery === 0) continue;
      keep(answer);
    }
  })();
  // Told by `readUpTo`, whenever it is asked.
  reading.catch(() => {});

  async function poll(): Promise<Answer | null> {
    try {
      return await call(`${url}/poll?since=${cursor}&${query}`, { agent, signal: end.signal });
    } catch {
      cut += 1;
      return null;
    }
  }

  function keep(answer: Answer): void {
    if (answer.status !== 200) throw new Error(`${reader} was answered ${answer.status}: ${answer.text}`);
    const { messages, next, reset } = pollBody(answer);
    if (reset) resets += 1;
    for (const { id, room, text, nonce } of messages) rows.push({ id, room, text, nonce });
    cursor = hasBareCursor ? String(idOf(next)) : next;
  }

  return {
    async readUpTo(log) {
      lastId = log.findLast(({ room }) => rooms.includes(room))?.id ?? 0;
      const deadline = setTimeout(() => end.abort(), 10_000);
      // Parked at the very end already: there is nothing more to come that would wake it.
      if (idOf(cursor) >= lastId) end.abort();
      await reading;
      clearTimeout(deadline);
      return { reader, rooms, rows, cut, resets };
    },
    leave: () => end.abort(),
  };
}

function idOf(cursor: string): number {
  return Number.parseInt(cursor, 10);
}
