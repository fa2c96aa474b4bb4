/** A tail over a memory log, both new for each test of the file that imports this. */
import { beforeEach } from "vitest";
import { Tail } from "../../src/core/tail.js";
import { MemoryLog } from "./memory-log.js";
import { type Entering, enterAt } from "./recording-reader.js";

export let log: MemoryLog;
export let tail: Tail;

beforeEach(() => {
  log = new MemoryLog();
  tail = new Tail(log, { lingerMs: 0 });
});

export const enter = (rooms: string | readonly string[], after?: number, more?: Entering) =>
  enterAt(tail, rooms, after, more);
