/** Values gathered over interleaved rounds: round 1 of every peer, then round 2, so that a slow minute hits all alike. */

/**
 * Runs `once` for each peer in each round; what it says by `add` becomes rows with one value per round.
 * @param {{ scenario: string, rounds: number, peers: readonly string[], say: (text: string) => void }} plan
 * @param {(peer: string, add: (metric: string, unit: string, params: object, value: number) => void) => Promise<void>} once
 */
export async function inRounds({ scenario, rounds, peers, say }, once) {
  const rows = new Map();
  for (let round = 1; round <= rounds; round += 1) {
    for (const peer of peers) {
      say(`round ${round} of ${rounds}: ${peer}`);
      await once(peer, (metric, unit, params, value) => {
        const key = JSON.stringify([peer, metric, params]);
        if (!rows.has(key)) rows.set(key, { scenario, peer, params, unit, metric, values: [] });
        rows.get(key).values.push(value);
      });
    }
  }
  return { rows: [...rows.values()] };
}

/** The middle one, for several values within one round. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
