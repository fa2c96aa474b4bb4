/** Waits for a state by looking at it in every turn of the event loop: no timer, so faked ones do not stop it. */
import { turn } from "./turn.js";

const GIVE_UP_MS = 10_000;

/** Rejects with `what` when the state does not come within ten seconds. */
export async function until(isThere: () => boolean, what: string | (() => string)): Promise<void> {
  const startedAt = performance.now();
  while (!isThere()) {
    if (performance.now() - startedAt > GIVE_UP_MS)
      throw new Error(`did not come: ${typeof what === "string" ? what : what()}`);
    await turn();
  }
}
