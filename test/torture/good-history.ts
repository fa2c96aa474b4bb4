/** A torture run in which every promise was kept, for doctoring: 60 rows in two rooms, each tenth found by a retry. */
import type { Heard, History, Row } from "./history.js";

const KILLS = 4;
const ROWS = 60;

export function goodHistory(): History {
  const log: Row[] = Array.from({ length: ROWS }, (_, n) => ({
    id: n + 1,
    room: n % 3 === 0 ? "annex" : "lobby",
    text: `text ${n}`,
    nonce: `n${n}`,
  }));
  const reader = (name: string, rooms: readonly string[], after = 0): Heard => {
    const rows = log.filter(({ id, room }) => id > after && rooms.includes(room));
    const by = { poll: 20, sse: 10, ws: rows.length - 30 };
    return { reader: name, rooms, after, rows, cut: KILLS, resets: 0, by };
  };
  const everyFifth = log.filter(({ id }) => id % 5 === 0);
  return {
    acts: {
      ...{ kill: 2, killAll: 1, killStarting: 1, stop: 1, freeze: 1, cut: 1 },
      ...{ crash: 1, hang: 1, terminate: 1, deafen: 1, killWorker: 1, roll: 1 },
    },
    struck: { refused: 1, lost: 1, dropped: 1, halved: 1, delayed: 1, silent: 1 },
    what: "all",
    processes: 2,
    unanswered: 2 * KILLS,
    hungUp: 3,
    framed: 20,
    foreign: 5,
    log,
    sent: log.map(({ nonce, room, text }, n) => ({ nonce: nonce ?? "", room, text, begunAt: 10 * n })),
    acks: log.map(({ id, nonce }, n) => {
      const isRetry = n % 10 === 0;
      return { nonce: nonce ?? "", id, status: isRetry ? 200 : 201, at: 10 * n + 15, isRetry };
    }),
    heard: [reader("lobby", ["lobby"]), reader("both", ["lobby", "annex"]), reader("late", ["lobby"], 12)],
    probes: [
      { wire: "poll", isSameProcess: true, wakeMs: 1 },
      { wire: "ws", isSameProcess: false, wakeMs: 9 },
      { wire: "sse", isSameProcess: false, wakeMs: 5 },
    ],
    lookUps: everyFifth.map(({ id }) => ({ id, process: "process 2", isThere: true })),
    views: [1, 2].map((n) => ({ process: `process ${n}`, rows: log })),
    pages: [{ process: "process 1", shown: log.slice(0, 20).map(({ id, text }) => ({ id, text })) }],
    known: [1, 2].map((n) => ({ process: `process ${n}`, name: "Ana", knownAs: "Ana" })),
    troubles: [],
  };
}

/** A copy of a list with one element changed, or taken out, or doubled. */
export function changed<T>(list: readonly T[], at: number, ...instead: T[]): readonly T[] {
  return list.toSpliced(at, 1, ...instead);
}

export function at<T>(list: readonly T[], index: number): T {
  const value = list.at(index);
  if (value === undefined) throw new RangeError(`Nothing at ${index}`);
  return value;
}
