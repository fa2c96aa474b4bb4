/** Requests that are known to be parked in a chat in this process. */
import { type Answer, type CallOptions, call, type PollBody, pollBody } from "./http-client.js";
import type { Standalone } from "./standalone.js";
import { until } from "./until.js";

/** What of a chat the waiting needs: its address, and how many wait in it. */
export interface Bench {
  readonly url: string;
  readonly parked: () => number;
}

export interface Waiting {
  readonly answer: Promise<Answer>;
  /** The answer of a poll, parsed. */
  readonly body: Promise<PollBody>;
  readonly isAnswered: () => boolean;
  /** Cuts the connection. */
  leave(): void;
}

export function benchOf({ url, chat }: Standalone): Bench {
  return { url, parked: () => chat.tail.parked };
}

/** Sends a request and resolves when one more waits than before. */
export async function park(bench: Bench, path: string, options: CallOptions = {}): Promise<Waiting> {
  const before = bench.parked();
  const waiting = send(bench, path, options);
  await until(
    () => bench.parked() > before || waiting.isAnswered(),
    () => `${path} parked; ${bench.parked()} wait, ${before} before`,
  );
  if (waiting.isAnswered())
    throw new Error(`${path} was answered instead of parked: ${(await waiting.answer).text}`);
  return waiting;
}

/** Sends a request without waiting for anything. */
export function send({ url }: Pick<Bench, "url">, path: string, options: CallOptions = {}): Waiting {
  const cut = new AbortController();
  const answer = call(url + path, { signal: cut.signal, ...options });
  const body = answer.then(pollBody);
  let isAnswered = false;
  // Whoever awaits them hears of a failure; nobody else must.
  answer.then(
    () => (isAnswered = true),
    () => (isAnswered = true),
  );
  body.catch(() => {});
  return { answer, body, isAnswered: () => isAnswered, leave: () => cut.abort() };
}

export async function nobodyWaits({ parked }: Pick<Bench, "parked">): Promise<void> {
  await until(
    () => parked() === 0,
    () => `nobody waiting; ${parked()} wait`,
  );
}
