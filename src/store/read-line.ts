/** Lets few readers at the database at once, the others stand in line: a herd must be in nobody's way but its own. */
import { refuse } from "./refuse.js";

/** Of the pool's connections. What is left is for appends and for the tail's reads, which everybody waits for. */
const RUNNING_MAX = 6;
const WAITING_MAX = 10_000;
/** Beyond this the database is not keeping up, and a clear refusal is better than a longer wait. */
const WAIT_MS = 5000;

interface Waiting {
  readonly job: () => Promise<unknown>;
  readonly untilMs: number;
  readonly answer: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class ReadLine {
  readonly #waiting = new Map<string, Waiting>();
  #running = 0;

  /**
   * `key` says what is asked. Who asks the same as somebody in the line gets the same answer: after a restart all come
   * back with one cursor. Not so where the read has begun, as what was appended since might not be in it. Rejects with
   * `storage_busy` after some seconds in the line.
   */
  read<T>(key: string, job: () => Promise<T>): Promise<T> {
    const same = this.#waiting.get(key);
    if (same) return same.answer as Promise<T>;
    if (this.#running < RUNNING_MAX) return this.#run(job);
    if (this.#waiting.size >= WAITING_MAX) return Promise.reject(refuse("storage_busy"));
    let [resolve, reject]: [Waiting["resolve"], Waiting["reject"]] = [() => {}, () => {}];
    const answer = new Promise<unknown>((done, fail) => {
      resolve = done;
      reject = fail;
    });
    this.#waiting.set(key, { job, untilMs: performance.now() + WAIT_MS, answer, resolve, reject });
    return answer as Promise<T>;
  }

  async #run<T>(job: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await job();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  /** Needs no timer: who runs is answered within some seconds, one way or the other. */
  #next(): void {
    for (const [key, { job, untilMs, resolve, reject }] of this.#waiting) {
      this.#waiting.delete(key);
      if (untilMs > performance.now()) {
        this.#run(job).then(resolve, reject);
        return;
      }
      reject(refuse("storage_busy"));
    }
  }
}
