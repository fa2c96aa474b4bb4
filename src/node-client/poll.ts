/** Long polling: the transport that works everywhere, with a wait that fits between any proxy's limits. */
import { answerIn, objectIn, problemIn } from "./answer.js";
import { connectionError } from "./errors.js";
import { GRACE_MS, PollWait, WAIT_S } from "./poll-wait.js";
import type { Transport } from "./transport.js";

/** After an empty answer before its time. */
const TOO_SOON_MS = 1000;

/** One poll a turn. What a turn learns about the wait holds for the following ones. */
export function poller(waitFirstS: number = WAIT_S): Transport {
  const pollWait = new PollWait(waitFirstS);

  return async function poll(line) {
    // The end of the log is asked for at once: a poll for it that is parked and lost would move it.
    const wait = line.since === "now" ? 0 : pollWait.nextS;
    const url = line.address("poll", { wait: String(wait) });
    const startedAt = performance.now();
    const ageMs = () => performance.now() - startedAt;
    try {
      const deadlineMs = wait * 1000 + GRACE_MS;
      const { status, text, retryAfterMs } = await line.http.ask(url, { signal: line.signal, deadlineMs });
      if (status === 429 && retryAfterMs !== null) return retryAfterMs;
      if (status !== 200) throw problemIn(text, status);
      const answer = answerIn(objectIn(text, status));
      pollWait.answered({ inFull: answer.retry === 0 });
      await line.take(answer);
      if (answer.retry > 0 || answer.messages.length > 0 || answer.reset) return answer.retry;
      // Some cache may be giving an old answer again and again.
      return wait > 0 && ageMs() < wait * 500 ? TOO_SOON_MS : 0;
    } catch (thrown) {
      const error = connectionError(thrown);
      if (!line.signal.aborted) pollWait.failed(error, wait, ageMs());
      throw error;
    }
  };
}
