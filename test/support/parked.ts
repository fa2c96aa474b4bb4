/** Polls that are known to be parked at a server process. */
import { type Answer, type CallOptions, call } from "./http-client.js";

export interface ParkedPoll {
  readonly answer: Promise<Answer>;
  /** When the answer was whole, in ms since 1970 with fractions: comparable over processes. */
  readonly answeredAt: Promise<number>;
}

export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Resolves when the server has dealt with everything that reached it before: it takes connections and bytes in the
 * order of their arrival, and a poll is parked in the turn that reads it. The second round is for the accept.
 */
export async function hasReadAll(url: string): Promise<void> {
  await call(`${url}/healthz`);
  await call(`${url}/healthz`);
}

/** The cursor at the end of a server's log. */
export async function endOf(url: string): Promise<string> {
  const { text } = await call(`${url}/poll?since=now&wait=0`);
  return (JSON.parse(text) as { next: string }).next;
}

/** Parks `count` polls at the end of the log and resolves when they wait there. */
export async function parkPolls(
  url: string,
  count: number,
  query = "wait=45",
  options: CallOptions = {},
): Promise<readonly ParkedPoll[]> {
  const since = await endOf(url);
  const polls = Array.from({ length: count }, () => {
    const answer = call(`${url}/poll?since=${since}&${query}`, options);
    const answeredAt = answer.then(() => nowMs());
    // Whoever awaits them hears of a failure; nobody else must.
    answer.catch(() => {});
    answeredAt.catch(() => {});
    return { answer, answeredAt };
  });
  await hasReadAll(url);
  return polls;
}
