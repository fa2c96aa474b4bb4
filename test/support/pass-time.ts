/** Lets faked time go by in tenths of a second, as the deadlines' slots do, with a turn for whatever comes of each. */
import { vi } from "vitest";
import { turn } from "./turn.js";

export async function passTime(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    vi.advanceTimersByTime(100);
    await turn();
  }
}
