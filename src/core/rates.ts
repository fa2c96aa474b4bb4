/** How often: what is counted in windows of time, and the store that counts, which several processes may share later. */
import type { Awaitable } from "./awaitable.js";

/** So many in a window, which begins with the first that is taken in it: twice as many fit around the end of one. */
export interface Rate {
  /** What is counted, and whose: the same key is always given with the same figures. */
  readonly key: string;
  readonly max: number;
  readonly windowS: number;
}

export interface Rates {
  /** Counts one more and gives null; or counts nothing, and gives in how many whole seconds one more fits, 1 at least. */
  take(rate: Rate): Awaitable<number | null>;
  /** Uncounts one that was taken and has come to nothing. */
  giveBack(rate: Rate): Awaitable<void>;
}

/** A rate, and what whoever has used it up is told. */
export interface Limit extends Rate {
  refusal(waitS: number): Error;
}

/**
 * Does what is limited. All of the rates are taken, or none. An act that fails takes nothing: whoever was refused for
 * another reason, or by the server's own trouble, may try again at once. Nor does one that `isCounted` says no to.
 */
export async function within<T>(
  rates: Rates,
  limits: readonly Limit[],
  act: () => Promise<T>,
  isCounted: (done: T) => boolean = () => true,
): Promise<T> {
  const taken: Rate[] = [];
  let takes = false;
  try {
    for (const limit of limits) {
      const waitS = await rates.take(limit);
      if (waitS !== null) throw limit.refusal(waitS);
      taken.push(limit);
    }
    const done = await act();
    takes = isCounted(done);
    return done;
  } finally {
    if (!takes) for (const rate of taken) await rates.giveBack(rate);
  }
}
