/** How long a message is under way between two machines. */
import type { Random } from "../support/random.js";
import type { Model } from "./model.js";

/** Returns what draws one way after the other, in ms. */
export function networkOf(model: Model, random: Random): () => number {
  const { roundTripMsMin, roundTripMsMax, slowOneIn, slowTimes } = model;
  return () => {
    const oneWayMs = (roundTripMsMin + fraction(random) * (roundTripMsMax - roundTripMsMin)) / 2;
    return slowOneIn > 0 && random.oneIn(slowOneIn) ? oneWayMs * slowTimes : oneWayMs;
  };
}

/** From 0, below 1. */
export function fraction(random: Random): number {
  return random.whole(0, 2 ** 32 - 1) / 2 ** 32;
}
