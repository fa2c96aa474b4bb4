/** Long polling: the transport that works everywhere, with a wait that fits between any proxy's limits. */
import { answerIn, objectIn, problemIn } from "./answer.js";
import { ChatError } from "./errors.js";
import type { Transport } from "./transport.js";

export const WAIT_S = 25;
const WAIT_S_LEAST = 3;
/** What comes later than the wait comes never: a connection that vanished gives no error. */
const GRACE_MS = 10_000;
/** A failure sooner than this was not the wait's. */
const PARKED_MS = 1000;
/** After an empty answer before its time. */
const TOO_SOON_MS = 1000;

/** One poll a turn. What a turn learns about the wait holds for the following ones. */
export function poller(waitFirstS: number = WAIT_S): Transport {
  let waitS = waitFirstS;

  return async function poll(line) {
    // The end of the log is asked for at once: a poll for it that is parked and lost would move it.
    const wait = line.since === "now" ? 0 : waitS;
    const url = line.address("poll", { wait: String(wait) });
    const startedAt = performance.now();
    const ageMs = () => performance.now() - startedAt;
    try {
      const deadlineMs = wait * 1000 + GRACE_MS;
      const { status, text, retryAfterMs } = await line.http.ask(url, { signal: line.signal, deadlineMs });
      if (status === 429 && retryAfterMs !== null) return retryAfterMs;
      if (status !== 200) throw problemIn(text, status);
      const answer = answerIn(objectIn(text, status));
      await line.take(answer);
      if (answer.retry > 0 || answer.messages.length > 0 || answer.reset) return answer.retry;
      // Some cache may be giving an old answer again and again.
      return wait > 0 && ageMs() < wait * 500 ? TOO_SOON_MS : 0;
    } catch (error) {
      // Somebody on the way does not wait that long.
      if (
        error instanceof ChatError &&
        !error.isFinal &&
        error.code !== "unreachable" &&
        ageMs() >= PARKED_MS
      )
        waitS = Math.max(Math.min(WAIT_S_LEAST, waitS), Math.floor(waitS / 2));
      throw error;
    }
  };
}
