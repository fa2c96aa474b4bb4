/** Makes a table of the target like that of the source, by writing only what is not the same. */
import { merge } from "./move-merge.js";
import { Progress, type Tell } from "./move-progress.js";
import type { MovedRow, Notes } from "./move-row.js";
import type { MoveSource } from "./move-source.js";
import type { MovedTable } from "./move-tables.js";
import type { Changes, MoveTarget } from "./move-target.js";

/** Of one transaction of the target, in rows and in characters of their texts; one row alone may be larger. */
const ROWS_MAX = 1000;
const LENGTH_MAX = 4 * 1_048_576;

/** Resolves with how many rows were written or removed. */
export async function copyTable(
  source: MoveSource,
  target: MoveTarget,
  table: MovedTable,
  notes: Notes,
  tell: Tell,
): Promise<number> {
  const progress = new Progress(`Copying ${table.name}`, source.count(table), tell);
  let changes: Changes = { gone: [], fresh: [] };
  let [length, written] = [0, 0];
  const write = () => {
    const full = changes;
    changes = { gone: [], fresh: [] };
    length = 0;
    written += Math.max(full.gone.length, full.fresh.length);
    return target.write(table, full);
  };
  await merge(source.rows(table, notes), await target.rows(table), (row, seen) => {
    if (row) progress.step();
    if (row && seen?.digest === row.digest) return null;
    if (seen) changes.gone.push(seen.key);
    if (row) {
      changes.fresh.push(row);
      length += lengthOf(row);
    }
    const { gone, fresh } = changes;
    return Math.max(gone.length, fresh.length) >= ROWS_MAX || length >= LENGTH_MAX ? write() : null;
  });
  if (changes.gone.length + changes.fresh.length > 0) await write();
  return written;
}

function lengthOf({ values }: MovedRow): number {
  let length = 0;
  for (const value of values) length += value?.length ?? 0;
  return length;
}
