/** Runs every read of the store: refused after closing, patient with locks, errors in the store's own words. */
import type { Connection, Statement } from "./connection.js";
import { patiently } from "./patience.js";
import { refuse } from "./refuse.js";
import { asRefusal, isBusy } from "./sqlite-errors.js";

interface Asked {
  readonly job: () => unknown;
  readonly answer: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Reader {
  readonly #db: Connection;
  readonly #begin: Statement;
  readonly #commit: Statement;
  #closed = false;
  #asked = new Map<string, Asked>();

  constructor(db: Connection) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN");
    this.#commit = db.prepare("COMMIT");
  }

  /** `job` runs at once and synchronously, so it must not leave a statement open. It may run again after a lock. */
  read<T>(job: () => T): Promise<T> {
    try {
      return Promise.resolve(this.#run(job));
    } catch (error) {
      return isBusy(error) ? this.#wait(job) : Promise.reject(asRefusal(error));
    }
  }

  /**
   * For small reads that every request needs: they run when all requests of this turn of the event loop have asked, under
   * one lock, and once for all that ask the same, which is what `key` says. By itself, the lock of a read costs six times
   * the look into an index (measured).
   */
  readTogether<T>(key: string, job: () => T): Promise<T> {
    const same = this.#asked.get(key);
    if (same) return same.answer as Promise<T>;
    if (this.#asked.size === 0) setImmediate(() => this.#answer());
    let resolve: Asked["resolve"] = () => {};
    let reject: Asked["reject"] = () => {};
    const answer = new Promise<unknown>((done, fail) => {
      resolve = done;
      reject = fail;
    });
    this.#asked.set(key, { job, answer, resolve, reject });
    return answer as Promise<T>;
  }

  #answer(): void {
    const asked = this.#asked;
    this.#asked = new Map();
    const isLocked = asked.size > 1 && this.#lock();
    try {
      for (const { job, resolve, reject } of asked.values()) this.read(job).then(resolve, reject);
    } finally {
      // After an error of the disk SQLite has ended the transaction already: a throw from here would end the process.
      if (isLocked && this.#db.inTransaction) this.#commit.run();
    }
  }

  /** Not possible once the store is closed: each read then says so. */
  #lock(): boolean {
    if (this.#closed) return false;
    this.#begin.run();
    return true;
  }

  async #wait<T>(job: () => T): Promise<T> {
    try {
      return await patiently(() => this.#run(job));
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** The store may close while a read waits for a lock. */
  #run<T>(job: () => T): T {
    if (this.#closed) throw refuse("closed");
    return job();
  }

  close(): void {
    this.#closed = true;
  }
}
