/** Runs every read of the store: refused after closing, patient with locks, errors in the store's own words. */
import { patiently } from "./patience.js";
import { asRefusal, refuse } from "./sqlite-errors.js";

export class Reader {
  #closed = false;

  /** `job` runs at once and synchronously, so it must not leave a statement open. It may run again after a lock. */
  async read<T>(job: () => T): Promise<T> {
    try {
      return await patiently(() => {
        // Inside, because the store may close while this read waits for a lock.
        if (this.#closed) throw refuse("closed");
        return job();
      });
    } catch (error) {
      throw asRefusal(error);
    }
  }

  close(): void {
    this.#closed = true;
  }
}
