/** Another program that inserts rows by itself, one after another: nobody knows its nonces, so it never tries twice. */
import { setTimeout as pause } from "node:timers/promises";
import type { Gate } from "../support/gate.js";
import type { Random } from "../support/random.js";
import type { TortureDatabase } from "./database.js";
import type { Ack, Sent } from "./history.js";
import type { TortureProcess } from "./process.js";

export interface ForeignParts {
  readonly database: TortureDatabase;
  readonly processes: readonly TortureProcess[];
  readonly rooms: readonly string[];
  readonly gate: Gate;
  readonly random: Random;
  readonly sent: Sent[];
  readonly acks: Ack[];
  readonly underWay: Set<Promise<void>>;
  readonly onTrouble: (text: string) => void;
  /** Finishes what it has begun, and then ends. */
  readonly stop: AbortSignal;
}

const HOLD_MS_MAX = 200;

/** Resolves with how many rows it knows to be there. */
export async function writeForeign(parts: ForeignParts): Promise<number> {
  const { processes, rooms, gate, random, sent, underWay, stop } = parts;
  let known = 0;
  for (let n = 0; !stop.aborted; n++) {
    await pause(random.whole(50, 500));
    await gate.pass();
    // With all of them dead it is the next process that must find the log as they have left it, and not this program.
    if (stop.aborted || processes.every(({ isBusy }) => isBusy)) continue;
    const one: Sent = {
      nonce: `foreign-${n}`,
      room: rooms[random.whole(0, rooms.length - 1)] ?? "",
      text: `Another program says ${n}`,
      begunAt: performance.now(),
    };
    sent.push(one);
    const writing = write(one);
    underWay.add(writing);
    await writing;
    underWay.delete(writing);
  }
  return known;

  async function write(one: Sent): Promise<void> {
    try {
      const id = await parts.database.insert(one, random.oneIn(4) ? random.whole(1, HOLD_MS_MAX) : 0);
      if (id === null) return;
      parts.acks.push({ nonce: one.nonce, id, status: 201, at: performance.now(), isRetry: false });
      known += 1;
    } catch (error) {
      parts.onTrouble(`another program could not insert a row: ${String(error)}`);
    }
  }
}
