/** The end of the log, and the only place where a reader waits. */
import { Counts } from "./counts.js";
import { Deadlines } from "./deadlines.js";
import { Linger } from "./linger.js";
import { type Batch, EMPTY, type MessageLog } from "./log.js";
import { type Logger, silent } from "./logger.js";
import type { Message } from "./message.js";
import { allBatches, nextBatch } from "./next.js";
import { ParkedRooms } from "./parked-rooms.js";
import type { FollowOptions, NextOptions, Place, Reader, TailOptions, Wake } from "./reader.js";
import { RingListeners } from "./ring-listeners.js";
import { type Ends, Seat } from "./seat.js";
import { WakeQueue } from "./wake-queue.js";
import { Watch } from "./watch.js";

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
  readonly #counts: Counts;
  readonly #rooms = new ParkedRooms();
  readonly #ringListeners: RingListeners;
  readonly #deadlines = new Deadlines<Seat>((seat) => this.#settle(seat, "timeout"));
  readonly #wakeQueue: WakeQueue<Seat>;
  readonly #linger: Linger;
  /** What a seat may do with itself. */
  readonly #ends: Ends = {
    forget: (seat) => this.#forget(seat),
    settle: (seat, why) => this.#settle(seat, why),
  };
  #parked = 0;
  #watch: Watch | null = null;
  /** Whether nobody is parked any more. */
  isClosed = false;

  constructor(log: MessageLog, options: TailOptions = {}) {
    this.#log = log;
    this.#logger = options.logger ?? silent;
    this.#counts = options.counts ?? new Counts();
    this.#ringListeners = new RingListeners(this.#logger);
    this.#linger = new Linger(options.lingerMs ?? 5000, () => this.#parked === 0 && this.#stopWatch());
    this.#wakeQueue = new WakeQueue(options.sliceReaders ?? 256, (waiter) => this.#settle(waiter, "rows"));
  }

  /** Readers that have not been answered yet. */
  get parked(): number {
    return this.#parked;
  }

  /** The same as long as rings are heard without a gap; null while nobody waits, nor did so moments ago. */
  get following(): object | null {
    return this.#watch?.isReady ? this.#watch : null;
  }

  /** The id up to which the tail has read the log for all rooms; 0 while the log is not followed. */
  get seen(): number {
    return this.#watch?.seen ?? 0;
  }

  /** Whether it is known without a read that nothing has come behind the cursor, nor been removed. */
  isQuietFor(rooms: readonly string[], after: number): boolean {
    return this.#rooms.areQuietFor({ rooms, after });
  }

  /** The next rows after a cursor, or an empty batch on timeout, abort and close. */
  next(rooms: readonly string[], after: number, options: NextOptions): Promise<Batch> {
    return this.isClosed ? Promise.resolve(EMPTY) : nextBatch(this, rooms, after, options);
  }

  /** All batches after a cursor, until the signal aborts or the tail closes. */
  follow(rooms: readonly string[], after: number, options: FollowOptions = {}): AsyncGenerator<Batch, void> {
    return allBatches(this, rooms, after, options);
  }

  /**
   * Registers a reader, then reads for it, then parks it: answers come through the reader's own methods, also before
   * this returns.
   */
  enter(reader: Reader, waitMs: number): Place {
    // An empty read says of a room that nothing is there, and other readers then park by that.
    if (!(reader.limit >= 1))
      throw new RangeError(`A reader's limit must be at least 1, not ${reader.limit}`);
    const seat = new Seat(reader, this.#ends);
    this.#register(seat);
    const isQuiet = this.#rooms.areQuietFor(reader);
    const batch = isQuiet ? null : this.remembered(reader);
    if (batch) seat.batch = batch;
    if (batch || this.isClosed) this.#settle(seat, "closing");
    else {
      seat.deadline = this.#deadlines.add(seat, waitMs);
      if (isQuiet) seat.state = "parked";
      else void this.#readFor(seat);
    }
    return seat;
  }

  /** Without a read: EMPTY for who is up to date, null where only the log knows. */
  remembered(asked: Pick<Reader, "rooms" | "after" | "limit">): Batch | null {
    // What another program has removed a moment ago must not come from memory.
    this.#log.look();
    return this.#watch?.isCurrent ? this.#rooms.recentFor(asked) : null;
  }

  /** Calls `listener` whenever the log may have grown while it is followed: control rows come on the same bell. */
  onRing(listener: () => void): () => void {
    return this.#ringListeners.add(listener);
  }

  /** Answers everybody, empty, and parks nobody any more. */
  close(): void {
    this.isClosed = true;
    this.#settleAll("closing");
  }

  #register(seat: Seat): void {
    this.#parked += 1;
    if (this.isClosed) return;
    this.#rooms.enter(seat);
    this.#watch ??= new Watch({
      log: this.#log,
      logger: this.#logger,
      counts: this.#counts,
      onRing: () => this.#ringListeners.tell(),
      onDeaf: (error) => this.#settleAll("failed", error),
      // Each comes back with its cursor, and is told then whether it has missed something.
      onGap: () => this.#settleAll("released"),
      onRows: (messages, rungAtMs) => this.#deliver(messages, rungAtMs),
    });
  }

  #settleAll(why: Wake | "failed", error?: unknown): void {
    const seats = this.#rooms.seats();
    // First, so that a reader that enters while the others are told gets a watch that can hear.
    this.#stopWatch();
    for (const seat of seats) this.#settle(seat, why, error);
  }

  async #readFor(seat: Seat): Promise<void> {
    const { reader } = seat;
    try {
      await this.#watch?.ready;
      while (seat.state === "reading") {
        seat.rung = false;
        const batch = await this.#log.since(reader.rooms, reader.after, reader.limit);
        if (seat.state !== "reading") return;
        if (!seat.rung) this.#rooms.learn(reader, batch);
        if (batch.messages.length > 0 || batch.gap !== undefined) {
          seat.batch = batch;
          this.#settle(seat, "rows");
        } else if (!seat.rung) {
          seat.state = "parked";
        }
      }
    } catch (error) {
      this.#settle(seat, "failed", error);
    }
  }

  #deliver(messages: readonly Message[], rungAtMs: number | null): void {
    const seats = this.#rooms.deliver(messages);
    for (const seat of seats) this.#wakeQueue.push(seat);
    const isTimed = seats.length > 0 && rungAtMs !== null;
    if (isTimed) this.#wakeQueue.after(() => this.#counts.wake(performance.now() - rungAtMs));
    this.#wakeQueue.start();
  }

  /** Answers a seat's reader, once. */
  #settle(seat: Seat, why: Wake | "failed", error?: unknown): void {
    if (seat.state === "done") return;
    this.#forget(seat);
    try {
      seat.answer(why, error);
    } catch (failure) {
      // One bad socket must not stop the fan-out.
      this.#logger.error({ err: failure }, "a reader failed while it was answered");
    }
  }

  #forget(seat: Seat): void {
    if (seat.state === "done") return;
    seat.state = "done";
    seat.deadline?.leave();
    this.#rooms.leave(seat);
    this.#parked -= 1;
    if (this.#parked === 0 && !this.isClosed) this.#linger.begin();
  }

  #stopWatch(): void {
    this.#linger.stop();
    this.#watch?.stop();
    this.#watch = null;
    this.#rooms.clear();
  }
}
