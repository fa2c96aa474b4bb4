/** Tells listeners that the log may have grown: by this process at once, by any other program within 10 ms. */

/** An idle wake takes 5 ms in the middle, and a look costs 2 to 4 us: 0.04 % of a core while somebody waits. */
export const LOOK_MS = 10;

/**
 * Rings may be merged or spurious, and carry nothing.
 *
 * The bell across processes is `PRAGMA data_version`, which changes with every commit of another connection. Watching
 * the -wal file instead would be wrong: its write event comes before the commit is visible, and no other event follows.
 */
export class Bell {
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  readonly #dataVersion: () => unknown;
  #seen: unknown;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** `dataVersion` must ask the connection that writes: its own commits do not change the number. */
  constructor(dataVersion: () => unknown) {
    this.#dataVersion = dataVersion;
  }

  onRing(listener: () => void): () => void {
    const entry = { listener };
    if (this.#closed) return () => {};
    this.#listeners.add(entry);
    this.#start();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.#stop();
    };
  }

  ring(): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener();
      } catch {
        // A ring carries no promise to anybody: the other listeners must hear it, and the timer must go on.
      }
    }
  }

  /** Without waiting for the next look; nothing while nobody listens. */
  look(): void {
    if (this.#timer === null) return;
    const version = this.#version();
    if (version === undefined || version === this.#seen) return;
    this.#seen = version;
    this.ring();
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#stop();
  }

  #start(): void {
    if (this.#timer !== null) return;
    // What was there before the first listener registered is for its first read, which comes after this.
    this.#seen = this.#version();
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    // Whoever waits has a socket that keeps the process alive; the bell alone must not.
    this.#timer.unref();
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Undefined when the database cannot be asked now: a later look sees whatever this one missed. */
  #version(): unknown {
    try {
      return this.#dataVersion();
    } catch {
      return undefined;
    }
  }
}
