/** Waits for a state by looking at it in every turn of the event loop: no timer, so faked ones do not stop it. */
import { turn } from "./turn.js";

const GIVE_UP_NS = 10_000_000_000n;

/** Rejects with `what` when the state does not come within ten seconds. */
export async function until(isThere: () => boolean, what: string | (() => string)): Promise<void> {
  // Not `performance.now`, which tests fake.
  const startedAt = process.hrtime.bigint();
  while (!isThere()) {
    if (process.hrtime.bigint() - startedAt > GIVE_UP_NS)
      throw new Error(`did not come: ${typeof what === "string" ? what : what()}`);
    await turn();
  }
}
