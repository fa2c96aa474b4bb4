/** Follows the log for everybody, from the first reader in to the last one out. */
import type { MessageLog } from "./log.js";
import type { Logger } from "./logger.js";
import type { Message } from "./message.js";
import { turn } from "./turn.js";

const READ_ROWS = 500;
const REREAD_MS = 1000;

export interface WatchParts {
  readonly log: MessageLog;
  readonly logger: Logger;
  /** Called when the watch begins, and on every ring, before the rows are read. */
  readonly onRing: () => void;
  /** The rows above what was seen before, of all rooms, ascending, each once. */
  readonly onRows: (messages: readonly Message[]) => void;
  /** The end of the log could not be found: this watch will never wake anybody. */
  readonly onDeaf: (error: unknown) => void;
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

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#off = parts.log.onChange(() => this.#ring());
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
    if (this.#reread) clearTimeout(this.#reread);
  }

  /** One read per ring for all rooms; rings during a read make one more read, however many they were. */
  #ring(): void {
    this.#rung = true;
    if (!this.#busy && !this.#stopped) void this.#read();
  }

  async #read(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#rung && !this.#stopped) {
        this.#rung = false;
        this.#parts.onRing();
        const { messages, more } = await this.#parts.log.since("all", this.#seen, READ_ROWS);
        if (this.#stopped) return;
        const last = messages.at(-1);
        if (last === undefined) continue;
        this.#seen = last.id;
        this.#parts.onRows(messages);
        if (!more) continue;
        this.#rung = true;
        // Another program's 200,000 rows, read in one go, held up everybody for a second (measured).
        await turn();
      }
    } catch (error) {
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
}
