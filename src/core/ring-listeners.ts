/** Who hears that the log may have grown: one that fails keeps nobody else from hearing. */
import type { Logger } from "./logger.js";

export class RingListeners {
  readonly #listeners = new Set<() => void>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns how to hear no more. */
  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        this.#logger.error({ err: error }, "a ring listener failed");
      }
    }
  }
}
