/** Runs every read of the store: refused after closing, patient with locks, errors in the store's own words. */
import { patiently } from "./patience.js";
import { asRefusal, isBusy, refuse } from "./sqlite-errors.js";

export class Reader {
  #closed = false;

  /** `job` runs at once and synchronously, so it must not leave a statement open. It may run again after a lock. */
  read<T>(job: () => T): Promise<T> {
    try {
      return Promise.resolve(this.#run(job));
    } catch (error) {
      return isBusy(error) ? this.#wait(job) : Promise.reject(asRefusal(error));
    }
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
