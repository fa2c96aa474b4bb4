/** Fakes the four timer functions, and nothing else, for the tests of a file or group. */
import { afterEach, beforeEach, vi } from "vitest";

const TIMERS = ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

export function fakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...TIMERS] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}
