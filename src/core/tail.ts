/** The end of the log, and the only place where a reader waits. */
import { Deadlines } from "./deadlines.js";
import { type Batch, EMPTY, type MessageLog } from "./log.js";
import { type Logger, silent } from "./logger.js";
import type { Message } from "./message.js";
import { nextBatch } from "./next.js";
import { ParkedRooms, type Waiter } from "./parked-rooms.js";
import type { FollowOptions, NextOptions, Place, Reader, Wake } from "./reader.js";
import { turn } from "./turn.js";
import { WakeQueue } from "./wake-queue.js";
import { Watch } from "./watch.js";

export interface TailOptions {
  readonly logger?: Logger;
  /** Readers woken between two looks at other work. Default 256. */
  readonly sliceReaders?: number;
}

/**
 * Parks readers and wakes them. Register first, then read: a reader is on the list before its first read starts, so
 * a row that lands in between finds it there. "Read, then park" loses exactly that row.
 *
 * The invariant behind everything: for a parked waiter there is no row in its rooms in (after, seen]. A ring reads
 * the rows above `seen` once, for all rooms, and whoever they concern is woken with them: nothing can lie between.
 */
export class Tail {
  readonly #log: MessageLog;
  readonly #logger: Logger;
  readonly #rooms = new ParkedRooms();
  readonly #waiters = new Set<Waiter>();
  readonly #ringListeners = new Set<() => void>();
  readonly #deadlines = new Deadlines<Waiter>((waiter) => this.#settle(waiter, "timeout"));
  readonly #wakeQueue: WakeQueue<Waiter>;
  #watch: Watch | null = null;
  #isClosing = false;

  constructor(log: MessageLog, options: TailOptions = {}) {
    this.#log = log;
    this.#logger = options.logger ?? silent;
    this.#wakeQueue = new WakeQueue(options.sliceReaders ?? 256, (waiter) => this.#settle(waiter, "rows"));
  }

  /** Readers that have not been answered yet. */
  get parked(): number {
    return this.#waiters.size;
  }

  /** The id up to which the tail has read the log for all rooms; 0 while nobody waits. */
  get seen(): number {
    return this.#watch?.seen ?? 0;
  }

  /** The next rows after a cursor, or an empty batch on timeout, abort and close. */
  next(rooms: readonly string[], after: number, options: NextOptions): Promise<Batch> {
    return this.#isClosing ? Promise.resolve(EMPTY) : nextBatch(this, rooms, after, options);
  }

  /** All batches after a cursor, until the signal aborts or the tail closes. */
  async *follow(
    rooms: readonly string[],
    after: number,
    options: FollowOptions = {},
  ): AsyncGenerator<Batch, void, void> {
    let cursor = after;
    while (!this.#isClosing && !options.signal?.aborted) {
      const batch = await this.next(rooms, cursor, { ...options, waitMs: Number.POSITIVE_INFINITY });
      const last = batch.messages.at(-1);
      if (last === undefined) continue;
      cursor = last.id;
      yield batch;
      // A store may answer within the turn: a long log would otherwise be read in one go, with nothing in between.
      if (batch.more) await turn();
    }
  }

  /** Registers a reader, then reads for it, then parks it: answers come through the reader's own methods. */
  enter(reader: Reader, waitMs: number): Place {
    // An empty read says of a room that nothing is there, and other readers then park by that.
    if (!(reader.limit >= 1))
      throw new RangeError(`A reader's limit must be at least 1, not ${reader.limit}`);
    const waiter: Waiter = { reader, state: "reading", rung: false, batch: EMPTY, cancelDeadline: nothing };
    if (this.#isClosing) {
      this.#settle(waiter, "closing");
      return { leave: nothing, release: nothing };
    }
    this.#register(waiter);
    waiter.cancelDeadline = this.#deadlines.add(waiter, waitMs);
    if (this.#rooms.areQuietFor(reader)) waiter.state = "parked";
    else void this.#readFor(waiter);
    return {
      leave: () => this.#forget(waiter),
      release: () => this.#settle(waiter, "released"),
    };
  }

  /** Calls `listener` whenever the log may have grown while somebody waits: control rows come on the same bell. */
  onRing(listener: () => void): () => void {
    this.#ringListeners.add(listener);
    return () => this.#ringListeners.delete(listener);
  }

  /** Answers everybody, empty, and parks nobody any more. */
  close(): void {
    this.#isClosing = true;
    for (const waiter of [...this.#waiters]) this.#settle(waiter, "closing");
  }

  #register(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#rooms.enter(waiter);
    this.#watch ??= new Watch({
      log: this.#log,
      logger: this.#logger,
      onRing: () => this.#tellRingListeners(),
      onRows: (messages) => this.#deliver(messages),
      onDeaf: (error) => {
        const waiters = [...this.#waiters];
        // First, so that a reader that enters while the others are told gets a watch that can hear.
        this.#stopWatch();
        for (const waiter of waiters) this.#fail(waiter, error);
      },
    });
  }

  async #readFor(waiter: Waiter): Promise<void> {
    const { rooms, after, limit } = waiter.reader;
    try {
      await this.#watch?.ready;
      while (waiter.state === "reading") {
        waiter.rung = false;
        const batch = await this.#log.since(rooms, after, limit);
        if (waiter.state !== "reading") return;
        if (batch.messages.length > 0) {
          waiter.batch = batch;
          this.#settle(waiter, "rows");
        } else if (!waiter.rung) {
          this.#rooms.learnQuiet(waiter.reader);
          waiter.state = "parked";
        }
      }
    } catch (error) {
      this.#fail(waiter, error);
    }
  }

  #deliver(messages: readonly Message[]): void {
    for (const waiter of this.#rooms.deliver(messages)) this.#wakeQueue.push(waiter);
    this.#wakeQueue.start();
  }

  #tellRingListeners(): void {
    for (const listener of this.#ringListeners) {
      try {
        listener();
      } catch (error) {
        this.#logger.error({ err: error }, "a ring listener failed");
      }
    }
  }

  /** Whoever has a batch gets it, whatever came first. */
  #settle(waiter: Waiter, why: Wake): void {
    const { reader, batch } = waiter;
    this.#end(waiter, () => reader.wake(batch, batch.messages.length > 0 ? "rows" : why));
  }

  #fail(waiter: Waiter, error: unknown): void {
    this.#end(waiter, () => waiter.reader.fail(error));
  }

  /** Answers a waiter, once. */
  #end(waiter: Waiter, answer: () => void): void {
    if (waiter.state === "done") return;
    this.#forget(waiter);
    try {
      answer();
    } catch (error) {
      // One bad socket must not stop the fan-out.
      this.#logger.error({ err: error }, "a reader failed while it was answered");
    }
  }

  #forget(waiter: Waiter): void {
    if (waiter.state === "done") return;
    waiter.state = "done";
    waiter.cancelDeadline();
    this.#waiters.delete(waiter);
    this.#rooms.leave(waiter);
    if (this.#waiters.size === 0) this.#stopWatch();
  }

  #stopWatch(): void {
    this.#watch?.stop();
    this.#watch = null;
    this.#rooms.clear();
  }
}

function nothing(): void {}
