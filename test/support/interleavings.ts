/** Rows, readers, reads and rings in any order, held against an array: nobody misses a row, or gets one twice. */
import fc from "fast-check";
import { vi } from "vitest";
import { Chatter, type Waiting } from "./chatter.js";
import { MemoryLog } from "./memory-log.js";
import { turn } from "./turn.js";

/** All timers that a step of time sets off: the short waits, and a read made again. */
const STEP_MS = 1000;
const SHORT_MS = 500;
/** For this long a tail may follow the log for nobody. */
const LINGER_MS = 5000;
const FOR_EVER = Number.POSITIVE_INFINITY;

const room = fc.constantFrom("a", "b", "c");
const which = fc.nat(30);

/** What may happen, and how often next to the others. Numbers choose among what is there at that moment. */
const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("land"), room }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("enter"),
      rooms: fc.uniqueArray(room, { minLength: 1, maxLength: 3 }),
      back: fc.nat(3),
      limit: fc.constantFrom(1, 2, 100),
      waitMs: fc.constantFrom(FOR_EVER, FOR_EVER, SHORT_MS),
      isEager: fc.boolean(),
    }),
  },
  { weight: 16, arbitrary: fc.record({ type: fc.constant("step"), which }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("ask"), which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("leave"), which }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("release"), which }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("turn", "time") }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom("burn", "spurious", "merge", "refuse") }) },
);

type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Needs the four timer functions faked. `make` gives what is held to the promise: the tail, or a mutant of it. */
export function losesNothing(
  make: (log: MemoryLog) => Waiting,
): fc.IAsyncPropertyWithHooks<[Event[], number]> {
  const events = fc.array(event, { minLength: 1, maxLength: 60, size: "max" });
  const rowsPerReadMax = fc.constantFrom(1, 2, Number.POSITIVE_INFINITY);
  return fc.asyncProperty(events, rowsPerReadMax, async (events, rowsPerReadMax) => {
    // A run that failed before, or a smaller form of it, may have left some.
    vi.clearAllTimers();
    const log = new MemoryLog();
    const waiting = make(log);
    const chatters: Chatter[] = [];
    log.rowsPerReadMax = rowsPerReadMax;
    log.steps.isHolding = true;
    for (const one of events) {
      happen(one, log, waiting, chatters);
      if (one.type === "turn") await turn();
      else await null;
    }
    await settle(log, chatters.length + 1);
    check(chatters);

    // Those that were not waiting come back; what they find must be right as well.
    for (const chatter of chatters) chatter.ask();
    await settle(log, chatters.length + 1);
    check(chatters);

    for (const chatter of chatters) chatter.leave();
    await turn();
    vi.advanceTimersByTime(LINGER_MS);
    const left = { readers: waiting.parked, listeners: log.listeners, timers: vi.getTimerCount() };
    if (left.readers + left.listeners + left.timers > 0) throw new Error(`Left: ${JSON.stringify(left)}`);
  });
}

function happen(one: Event, log: MemoryLog, waiting: Waiting, chatters: Chatter[]): void {
  const { held } = log.steps;
  const chosen = "which" in one ? chatters[one.which % chatters.length] : undefined;
  switch (one.type) {
    case "land":
      log.land(one.room);
      break;
    case "enter": {
      const { type: _, back, ...asked } = one;
      const after = Math.max(0, log.table.newest - back);
      chatters.push(new Chatter({ ...asked, after, waiting, rows: log.table.rows }));
      chatters.at(-1)?.ask();
      break;
    }
    case "step":
      if (held.length > 0) log.steps.release(one.which % held.length);
      break;
    case "ask":
      chosen?.ask();
      break;
    case "leave":
      chosen?.leave();
      break;
    case "release":
      chosen?.release();
      break;
    case "time":
      vi.advanceTimersByTime(STEP_MS);
      break;
    case "burn":
      log.table.newest++;
      break;
    case "spurious":
      log.ring();
      break;
    case "merge":
      log.steps.drop("ring", 1);
      break;
    case "refuse":
      log.failNext(1);
  }
}

/** Until there is nothing more to happen; the last of the time is for a read that was refused. */
async function settle(log: MemoryLog, turns: number): Promise<void> {
  log.failNext(0);
  for (let rounds = 0; rounds < 2; rounds++) {
    do {
      while (log.steps.held.length > 0) log.steps.release(0);
      for (let n = 0; n < turns; n++) await turn();
    } while (log.steps.held.length > 0);
    if (rounds === 0) vi.advanceTimersByTime(STEP_MS);
  }
}

function check(chatters: readonly Chatter[]): void {
  for (const [n, { faults, isWaiting, missing }] of chatters.entries()) {
    if (faults.length > 0) throw new Error(`Reader ${n}: ${faults.join("; ")}`);
    if (isWaiting && missing.length > 0)
      throw new Error(`Reader ${n} is still parked, and has not got ${missing}`);
  }
}
