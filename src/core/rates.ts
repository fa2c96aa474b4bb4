/** How often: what is counted in windows of time, and the store that counts, which several processes may share. */
import type { Awaitable } from "./awaitable.js";

/** So many in a window, which begins with the first that is taken in it: twice as many fit around the end of one. */
export interface Rate {
  /** What is counted, and whose: the same key is always given with the same figures. */
  readonly key: string;
  readonly max: number;
  readonly windowS: number;
}

/** Which of the rates asked for, by its place among them, and in how many whole seconds one more fits, 1 at least. */
export interface UsedUp {
  readonly at: number;
  readonly waitS: number;
}

export interface Rates {
  /** Counts one more of each and gives null; or counts nothing, and gives the first that is used up. */
  take(rates: readonly Rate[]): Awaitable<UsedUp | null>;
  /** Uncounts what was taken, given as it was then, and has come to nothing. */
  giveBack(rates: readonly Rate[]): Awaitable<void>;
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
  if (limits.length === 0) return act();
  const usedUp = await rates.take(limits);
  const refusing = usedUp && limits[usedUp.at];
  if (refusing) throw refusing.refusal(usedUp.waitS);
  let takes = false;
  try {
    const done = await act();
    takes = isCounted(done);
    return done;
  } finally {
    if (!takes) await rates.giveBack(limits);
  }
}
