/** Fakes the four timer functions, and the clock that they go by, for the tests of a file or group. */
import { afterEach, beforeEach, vi } from "vitest";

/** Deadlines reckon with `performance.now`: where it stood still against the timers, two of them could share one too early. */
export const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] as const;

export function fakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...TIMERS] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
