/** Moves a log from SQLite to PostgreSQL: a copy that can be interrupted and run again, verified before the switch. */
import { ParkbenchError } from "../core/errors.js";
import { copyTable } from "./move-copy.js";
import type { Tell } from "./move-progress.js";
import { type Notes, noNotes } from "./move-row.js";
import { MoveSource } from "./move-source.js";
import { TABLES } from "./move-tables.js";
import { MoveTarget, type State } from "./move-target.js";
import { verify } from "./move-verify.js";
import { explainStart, sqliteCode } from "./sqlite-errors.js";

export interface MoveOptions {
  /** The absolute path of the SQLite database. */
  readonly path: string;
  /** A `postgres://` address. */
  readonly url: string;
  /** Only a copy of what is there so far, beside a running server. */
  readonly isAhead: boolean;
  /** Somebody has made sure that what is connected to PostgreSQL is no server. */
  readonly isStopped: boolean;
  /** Hears now and then how far it is. */
  readonly tell: Tell;
}

export interface Moved {
  /** Of PostgreSQL, without a password. */
  readonly place: string;
  readonly outcome: "copied" | "moved" | "was moved before";
  /** How many rows each table has; empty where it was moved before. */
  readonly rows: ReadonlyMap<string, number>;
  /** How many rows this run has written or removed. */
  readonly written: number;
  /** Over all rows, the same in both databases; empty where nothing was compared. */
  readonly sha256: string;
  readonly notes: Notes;
}

/** Rejects with a ParkbenchError for the person who asked; what was copied by then the next run finds in place. */
export async function moveToPostgres({ path, url, isStopped, ...how }: MoveOptions): Promise<Moved> {
  const source = await MoveSource.open(path, how.isAhead);
  try {
    const target = await MoveTarget.open(url, isStopped);
    try {
      return await move(source, target, { path, ...how });
    } catch (error) {
      throw sqliteCode(error) === "" ? target.explain(error) : explainStart(path, error);
    } finally {
      await target.close();
    }
  } finally {
    source.close();
  }
}

async function move(
  source: MoveSource,
  target: MoveTarget,
  { path, isAhead, tell }: Pick<MoveOptions, "path" | "isAhead" | "tell">,
): Promise<Moved> {
  const { place } = target;
  const { epoch } = source.facts();
  const state = await target.stateFor(epoch);
  refuseTwice(source.movedTo, state, path, place);
  const notes = noNotes();
  if (state === "moved")
    return { place, outcome: "was moved before", rows: new Map(), written: 0, sha256: "", notes };
  if (state === "fresh") await target.begin(epoch);
  let written = 0;
  for (const table of TABLES) written += await copyTable(source, target, table, notes, tell);
  if (isAhead) {
    const rows = new Map(TABLES.map((table) => [table.name, source.count(table)]));
    return { place, outcome: "copied", rows, written, sha256: "", notes };
  }
  await target.freeze();
  const verified = await verify(source, target, tell);
  await target.mustBeAlone();
  // First the one, then the other: at no moment may two servers go on with the same log.
  source.markMoved(place);
  await target.finish(source.facts());
  return { place, outcome: "moved", written, notes, ...verified };
}

/** The same ids would be given twice, under one epoch, and nobody's cursor could tell. */
function refuseTwice(movedTo: string | null, state: State, path: string, place: string): void {
  const refuse = (text: string) => {
    throw new ParkbenchError("storage_failed", `${text} Nothing was changed. See docs/moving.md.`);
  };
  if (movedTo === null && state === "moved")
    refuse(
      `PostgreSQL at ${place} has the log of ${path} already, from a move of before. Move into an empty database.`,
    );
  if (movedTo !== null && (movedTo !== place || state === "fresh"))
    refuse(`The log of ${path} has moved to PostgreSQL at ${movedTo}, and goes on only there.`);
}
