/** A reader with nothing but a cursor: it changes transport, process, limit and connection whenever it likes. */
import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.js";
import type { TortureDatabase } from "./database.js";
import type { Heard, Row, Wire } from "./history.js";
import type { TortureProcess } from "./process.js";
import { STRUCK_MS } from "./told.js";
import { type Came, UnexpectedAnswer, WIRES } from "./wires.js";

export interface ReaderOptions {
  readonly reader: string;
  readonly processes: readonly TortureProcess[];
  readonly database: TortureDatabase;
  readonly rooms: readonly string[];
  readonly random: Random;
  /** Where it begins. Default: before the first row. */
  readonly cursor?: string;
  readonly limitMax?: number;
  /** Asks by the id alone, without the epoch that came with it. */
  readonly hasBareCursor?: boolean;
  /** One in so many answers is lost on its way: the reader asks again where it was. */
  readonly losesEvery?: number;
  readonly onTrouble: (text: string) => void;
}

export interface TortureReader {
  /** Reads on until it has the newest row of its rooms, for at most half a minute; what it has then. */
  readUpTo(log: readonly Row[]): Promise<Heard>;
  leave(): void;
}

const LEG_MS_MAX = 2500;
const CATCH_UP_MS = 30_000;
const NAMES: readonly Wire[] = ["poll", "sse", "ws"];

export function startReader(options: ReaderOptions): TortureReader {
  const { reader, rooms, random, limitMax = 100, losesEvery = 0 } = options;
  const agent = new Agent({ keepAlive: true });
  const rows: Row[] = [];
  const by = { poll: 0, sse: 0, ws: 0 };
  let cursor = options.cursor ?? "0";
  const after = idOf(cursor);
  let [cut, resets] = [0, 0];
  let lastId = Number.POSITIVE_INFINITY;
  let leg: AbortController | null = null;
  let isOver = false;
  const reading = read();
  // Told by `readUpTo`, whenever it is asked.
  reading.catch(() => {});

  async function read(): Promise<void> {
    while (idOf(cursor) < lastId && !isOver) await oneLeg(pick(NAMES));
    agent.destroy();
  }

  async function oneLeg(wire: Wire): Promise<void> {
    const own = new AbortController();
    leg = own;
    const timer = setTimeout(() => own.abort(), random.whole(20, LEG_MS_MAX));
    const { url } = pick(options.processes).hop;
    const begunAt = Date.now();
    try {
      await WIRES[wire]({
        url,
        rooms,
        limit: random.whole(1, limitMax),
        cursor: () => (options.hasBareCursor ? String(idOf(cursor)) : cursor),
        agent: random.oneIn(2) ? agent : undefined,
        signal: own.signal,
        hasLastEventId: random.oneIn(3),
        keep: (came) => !own.signal.aborted && keep(came, wire),
      });
    } catch (error) {
      if (error instanceof UnexpectedAnswer && !(error.status === 503 && isExcused(begunAt)))
        options.onTrouble(`${reader} was answered ${error.message}`);
      if (!own.signal.aborted) {
        cut += 1;
        await pause(random.whole(10, 100));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** A process that cannot reach its database has to say so. */
  function isExcused(begunAt: number): boolean {
    return options.database.wasStruck(begunAt, Date.now(), STRUCK_MS);
  }

  function keep({ messages, next, reset }: Came, wire: Wire): boolean {
    if (losesEvery > 0 && messages.length > 0 && random.oneIn(losesEvery)) return false;
    if (reset) resets += 1;
    for (const { id, room, text, nonce } of messages) rows.push({ id, room, text, nonce });
    by[wire] += messages.length;
    cursor = next;
    return idOf(cursor) < lastId;
  }

  function pick<T>(list: readonly T[]): T {
    return list[random.whole(0, list.length - 1)] as T;
  }

  return {
    async readUpTo(log) {
      lastId = log.findLast(({ room }) => rooms.includes(room))?.id ?? 0;
      const deadline = setTimeout(leave, CATCH_UP_MS);
      // Parked at the very end already: there is nothing more to come that would wake it.
      if (idOf(cursor) >= lastId) leave();
      await reading;
      clearTimeout(deadline);
      return { reader, rooms, after, rows, cut, resets, by };
    },
    leave,
  };

  function leave(): void {
    isOver = true;
    leg?.abort();
  }
}

function idOf(cursor: string): number {
  return Number.parseInt(cursor, 10);
}
