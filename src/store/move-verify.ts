/** Reads all of both databases once more and compares them, row by row and by one checksum over each. */
import { createHash } from "node:crypto";
import { ParkbenchError } from "../core/errors.js";
import { merge } from "./move-merge.js";
import { Progress, type Tell } from "./move-progress.js";
import { type Key, nameOfRow, noNotes } from "./move-row.js";
import type { MoveSource } from "./move-source.js";
import { TABLES } from "./move-tables.js";
import type { MoveTarget } from "./move-target.js";

export interface Verified {
  /** How many rows of each table are the same in both. */
  readonly rows: ReadonlyMap<string, number>;
  /** Over the digests of all rows, table by table in the order of their keys. */
  readonly sha256: string;
}

/** Rejects with a ParkbenchError that names the first row that is not the same. */
export async function verify(source: MoveSource, target: MoveTarget, tell: Tell): Promise<Verified> {
  const [ours, theirs] = [createHash("sha256"), createHash("sha256")];
  const rows = new Map<string, number>();
  for (const table of TABLES) {
    const progress = new Progress(`Verifying ${table.name}`, source.count(table), tell);
    const differs: Key[] = [];
    let [here, there] = [0, 0];
    await merge(source.rows(table, noNotes()), await target.rows(table), (row, seen) => {
      progress.step();
      if (row) {
        here += 1;
        ours.update(row.digest);
      }
      if (seen) {
        there += 1;
        theirs.update(seen.digest);
      }
      const other = row && seen?.digest === row.digest ? undefined : (row ?? seen)?.key;
      if (other && differs.length === 0) differs.push(other);
      return null;
    });
    const [first] = differs;
    if (first) throw unequal(`the row ${nameOfRow(table, first)} is not the same in both`, target.place);
    if (here !== there) throw unequal(`${table.name} has ${there} rows instead of ${here}`, target.place);
    rows.set(table.name, here);
  }
  const sha256 = ours.digest("hex");
  if (theirs.digest("hex") !== sha256) throw unequal("the checksums are not the same", target.place);
  return { rows, sha256 };
}

function unequal(what: string, place: string): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `Not verified: ${what}. Something else has written to PostgreSQL at ${place}, or a disk fails. Nothing is switched; run this again, or into another database.`,
  );
}
