/** Follows the log for everybody, from the first reader in to the last one out. */
import type { Counts } from "./counts.js";
import type { MessageLog } from "./log.js";
import type { Logger } from "./logger.js";
import type { Message } from "./message.js";
import { turn } from "./turn.js";

const READ_ROWS = 500;
const REREAD_MS = 1000;
/** A row is behind a lost ring when it was there at one look and is unread at the next: found within a second. */
const SAFETY_MS = 500;

export interface WatchParts {
  readonly log: MessageLog;
  readonly logger: Logger;
  readonly counts: Counts;
  /** Called when the watch begins, and on every ring, before the rows are read. */
  readonly onRing: () => void;
  /**
   * The rows above what was seen before, of all rooms, ascending, each once; and when they were rung for, by
   * `performance.now()`: null where nothing has rung.
   */
  readonly onRows: (messages: readonly Message[], rungAtMs: number | null) => void;
  /** The end of the log could not be found: this watch will never wake anybody. */
  readonly onDeaf: (error: unknown) => void;
  /** Rows above what was seen were removed before they were read: of these, nobody can be woken any more. */
  readonly onGap: () => void;
}

/**
 * Listens first, then asks for the end of the log. No reader may read before `ready`: a `seen` newer than a reader's
 * first read would leave the rows between the two unread for ever.
 */
export class Watch {
  readonly #parts: WatchParts;
  readonly #off: () => void;
  /** Resolves when `seen` is known; never rejects (`onDeaf` is told). */
  readonly ready: Promise<void>;
  #seen = 0;
  #rung = false;
  #busy = true;
  #stopped = false;
  #isReady = false;
  #reread: NodeJS.Timeout | null = null;
  /** The first ring that has not been read for. */
  #rungAtMs: number | null = null;
  readonly #safety: NodeJS.Timeout;
  /** The end of the log at the last safety look; null when that was while something was being read. */
  #lookedAt: number | null = null;
  #isLooking = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#off = parts.log.onChange(() => this.#ring());
    this.#safety = setInterval(() => void this.#lookUnrung(), SAFETY_MS).unref();
    this.ready = parts.log.newest().then(
      (newest) => {
        this.#seen = newest;
        this.#isReady = true;
        this.#busy = false;
        if (this.#stopped) return;
        if (this.#rung) this.#ring();
        // While nobody waited nobody listened: control rows may have come meanwhile.
        else parts.onRing();
      },
      (error) => {
        if (!this.#stopped) parts.onDeaf(error);
      },
    );
  }

  /** The id up to which the log has been read for all rooms. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether `seen` is known, so that what rings is heard at once. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether everything that was rung for has been read. */
  get isCurrent(): boolean {
    return !this.#busy && !this.#rung && this.#reread === null;
  }

  stop(): void {
    this.#stopped = true;
    this.#off();
    clearInterval(this.#safety);
    if (this.#reread) clearTimeout(this.#reread);
  }

  /** One read per ring for all rooms; rings during a read make one more read, however many they were. */
  #ring(): void {
    this.#rungAtMs ??= performance.now();
    this.#rung = true;
    // Not when its turn to be read comes: what was said before a request must hold for that, however long rows take.
    if (this.#isReady && !this.#stopped) this.#parts.onRing();
    if (!this.#busy && !this.#stopped) void this.#read();
  }

  async #read(): Promise<void> {
    this.#busy = true;
    let rungAtMs: number | null = null;
    try {
      while (this.#rung && !this.#stopped) {
        this.#rung = false;
        rungAtMs = this.#rungAtMs;
        this.#rungAtMs = null;
        const { messages, more, gap } = await this.#parts.log.since("all", this.#seen, READ_ROWS);
        if (this.#stopped) return;
        if (gap !== undefined) return this.#parts.onGap();
        const last = messages.at(-1);
        if (last === undefined) continue;
        this.#seen = last.id;
        this.#parts.counts.read(messages);
        if (rungAtMs === null) this.#tellLost();
        this.#parts.onRows(messages, rungAtMs);
        if (!more) continue;
        this.#rung = true;
        this.#rungAtMs = rungAtMs;
        // Another program's 200,000 rows, read in one go, held up everybody for a second (measured).
        await turn();
      }
    } catch (error) {
      this.#rungAtMs = rungAtMs ?? this.#rungAtMs;
      this.#parts.logger.warn({ err: error }, "the log could not be read after a ring; readers stay parked");
      this.#readAgainLater();
    } finally {
      // In the same turn as the last look at `rung`: a ring between the two would find the watch busy and be lost.
      this.#busy = false;
    }
  }

  #readAgainLater(): void {
    if (this.#stopped) return;
    this.#reread ??= setTimeout(() => {
      this.#reread = null;
      this.#ring();
    }, REREAD_MS);
  }

  /** Reads what has been there since the look before, and nothing has rung for. */
  async #lookUnrung(): Promise<void> {
    // Those that get no answer must not add up: they would take all connections to the database.
    if (this.#isLooking) return;
    const before = this.#lookedAt;
    this.#lookedAt = null;
    if (!this.isCurrent) return;
    const seen = this.#seen;
    this.#isLooking = true;
    try {
      this.#lookedAt = await this.#parts.log.newest();
    } catch {
      // The next look asks again, and whoever reads says what is wrong.
    }
    this.#isLooking = false;
    // A database that took over had not got the newest rows: what it adds now would be below `seen`, and unread for ever.
    if (this.#lookedAt !== null && this.#lookedAt < seen && !this.#stopped) return this.#parts.onGap();
    if (before === null || before <= this.#seen || !this.isCurrent || this.#stopped) return;
    this.#rung = true;
    this.#parts.onRing();
    void this.#read();
  }

  #tellLost(): void {
    const { counts, logger } = this.#parts;
    counts.lostWakeUps += 1;
    if (counts.lostWakeUps > 1) return;
    logger.warn({}, "rows were found that no ring had told of: readers waited up to a second too long");
  }
}
