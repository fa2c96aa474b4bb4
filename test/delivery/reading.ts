/** One reader of a scene, opened, used and closed; and what it has held against the log. */
import { expect } from "vitest";
import { type Place, Reader, type Row, type Transport } from "./reader.js";
import type { Scene } from "./scene.js";

/** Rejects when a transport does not keep it. */
export type Promised = (scene: Scene, transport: Transport) => Promise<void>;

/** Given, the random choices are made again. */
export const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);

/** Opens a reader at a cursor, and closes it whatever happens; then nobody waits. */
export async function reading(...[scene, ...more]: Parameters<typeof readingBesideOthers>): Promise<void> {
  await readingBesideOthers(scene, ...more);
  await scene.waiting(0);
}

/** The same where others may wait, too. */
export async function readingBesideOthers(
  scene: Scene,
  transport: Transport,
  from: string,
  run: (reader: Reader) => Promise<void>,
  more: Partial<Place> = {},
): Promise<void> {
  const reader = new Reader(() => transport);
  reader.open({ url: scene.url, rooms: ["lobby"], ...more }, from);
  try {
    await run(reader);
  } finally {
    await reader.close();
  }
}

/** Waits until a reader is at the end of what is in the log now, and compares. */
export async function hasAll(
  scene: Scene,
  reader: Reader,
  from: string,
  { rooms = ["lobby"], but = -1 }: { rooms?: readonly string[]; but?: number } = {},
): Promise<void> {
  const due = await scene.slice(from, rooms, but);
  const last = due.at(-1);
  await scene.until(
    () => reader.rows.some(({ id }) => id === last?.id) || reader.rows.length > due.length,
    () => `row ${last?.id}; there are ${reader.describe()}`,
  );
  expect(firstFault(reader.rows, due), `SEED=${SEED}`).toBeNull();
  expect(reader.resets).toBe(0);
}

/** The first place where what came differs from what is due. */
export function firstFault(rows: readonly Row[], due: readonly Row[]): string | null {
  for (let at = 0; at < Math.max(rows.length, due.length); at++) {
    const [got, want] = [rows[at], due[at]];
    if (got?.id !== want?.id || got?.text !== want?.text)
      return `at ${at} of ${due.length}: ${show(got)} where the log has ${show(want)}`;
  }
  return null;
}

function show(row: Row | undefined): string {
  return row ? `row ${row.id} (${row.text.slice(0, 40)})` : "nothing";
}
