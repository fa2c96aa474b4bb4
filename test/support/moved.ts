/** What something has done to the numbers in stats(). */
import type { Stats } from "../../src/core/counts.js";

/** By how much each number has moved, those that have. */
export async function movedIn(
  stats: () => Stats,
  act: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = flat(stats());
  await act();
  const after = flat(stats());
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, value]) => [name, value - (before[name] ?? 0)] as const)
      .filter(([, by]) => by !== 0),
  );
}

function flat({ wakes, refused, delivered, ...rest }: Stats): Record<string, number> {
  return { ...rest, ...delivered, ...refused, wakes: wakes.count };
}
