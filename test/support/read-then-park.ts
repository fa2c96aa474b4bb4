/** A small tail whose readers read before they are on the list, or after: the first is the mistake, kept to be found. */
import type { Batch, MessageLog } from "../../src/core/log.js";
import type { Place, Reader, Wake } from "../../src/core/reader.js";

const EMPTY: Batch = { messages: [], more: false };
const REREAD_MS = 1000;

interface Waiter {
  readonly reader: Reader;
  isDone: boolean;
  timers: NodeJS.Timeout[];
}

/** Each ring makes each reader on the list read for itself: slow, but right, if only the order is. */
export class SmallTail {
  readonly #log: MessageLog;
  readonly #order: "park, then read" | "read, then park";
  readonly #list = new Set<Waiter>();
  #off: (() => void) | null = null;

  constructor(log: MessageLog, order: "park, then read" | "read, then park") {
    this.#log = log;
    this.#order = order;
  }

  get parked(): number {
    return this.#list.size;
  }

  enter(reader: Reader, waitMs: number): Place {
    const waiter: Waiter = { reader, isDone: false, timers: [] };
    const answer = (why: Wake) => this.#end(waiter) && reader.wake(EMPTY, why);
    if (Number.isFinite(waitMs)) waiter.timers.push(setTimeout(() => answer("timeout"), waitMs));
    const read = this.#order === "read, then park" ? this.#readThenPark(waiter) : this.#parkThenRead(waiter);
    read.catch((error: unknown) => this.#end(waiter) && reader.fail(error));
    return { leave: () => this.#end(waiter), release: () => answer("released") };
  }

  /** A row that lands after the read looked, and rings before the reader is on the list, is lost for it. */
  async #readThenPark(waiter: Waiter): Promise<void> {
    await this.#read(waiter);
    this.#park(waiter);
  }

  async #parkThenRead(waiter: Waiter): Promise<void> {
    this.#park(waiter);
    await this.#read(waiter);
  }

  #park(waiter: Waiter): void {
    if (waiter.isDone) return;
    this.#list.add(waiter);
    this.#off ??= this.#log.onChange(() => {
      for (const parked of [...this.#list]) this.#readAgain(parked);
    });
  }

  #readAgain(waiter: Waiter): void {
    this.#read(waiter).catch(() => {
      if (!waiter.isDone) waiter.timers.push(setTimeout(() => this.#readAgain(waiter), REREAD_MS));
    });
  }

  async #read(waiter: Waiter): Promise<void> {
    const { rooms, after, limit } = waiter.reader;
    const batch = await this.#log.since(rooms, after, limit);
    if (batch.messages.length > 0 && this.#end(waiter)) waiter.reader.wake(batch, "rows");
  }

  /** False when it has ended before. */
  #end(waiter: Waiter): boolean {
    if (waiter.isDone) return false;
    waiter.isDone = true;
    for (const timer of waiter.timers) clearTimeout(timer);
    this.#list.delete(waiter);
    if (this.#list.size === 0) this.#off?.();
    if (this.#list.size === 0) this.#off = null;
    return true;
  }
}
