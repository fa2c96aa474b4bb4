/** The numbered SQL files of a folder, and which of them a database still needs. Knows no database. */
import { readdirSync, readFileSync } from "node:fs";
import { ParkbenchError } from "../core/errors.js";

/** One step of the schema, from a file `NNNN_name.sql`. Once released, a step never changes. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** What a database says it has had. */
export type Applied = Pick<Migration, "number" | "name">;

/** The steps of a folder in order. A hole or a doubled number is a mistake in the package, not in the data. */
export function readMigrations(folder: URL): readonly Migration[] {
  const steps = readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const [, number, name] = /^(\d{4})_(.+)\.sql$/.exec(file) ?? [];
      if (number === undefined || name === undefined) return [];
      return [{ number: Number(number), name, sql: readFileSync(new URL(file, folder), "utf8") }];
    });
  const odd = steps.find((step, at) => step.number !== at + 1);
  if (odd !== undefined || steps.length === 0) {
    throw new Error(`The migrations in ${folder.href} are not numbered 0001, 0002, ... without a hole`);
  }
  return steps;
}

/** The steps that `applied` lacks. Refuses a database that this program cannot know. */
export function pending(
  known: readonly Migration[],
  applied: readonly Applied[],
  database: string,
): readonly Migration[] {
  const newest = applied.at(-1)?.number ?? 0;
  if (applied.some(({ number, name }, at) => number !== at + 1 || (known[at]?.name ?? name) !== name)) {
    throw anotherProgram(database);
  }
  if (newest > known.length) {
    throw new ParkbenchError(
      "storage_failed",
      `The database ${database} was written by a newer Parkbench (its schema is ${newest}, this one knows up to ` +
        `${known.length}). Run that version, or restore a backup from before the upgrade.`,
    );
  }
  return known.slice(newest);
}

export function anotherProgram(database: string): ParkbenchError {
  return new ParkbenchError(
    "storage_failed",
    `The database ${database} belongs to another program. Set DATABASE_URL to another one.`,
  );
}
