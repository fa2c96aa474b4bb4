/** `npm run restore` over what cannot be opened, and from what is no backup: a clear text, and nothing is lost. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, vi } from "vitest";
import { asideOf, epochOf, makeDatabase, test, textsIn } from "../support/copies.js";
import { failedStart } from "../support/failed-start.js";
import { runProgram } from "../support/program.js";
import { makeSmallDisk } from "../support/small-disk.js";
import { tools } from "../support/tools.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

test.concurrent("a -wal that was left beside no file is kept aside, and not played into the backup", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
}) => {
  await makeDatabase(folder);
  await backUp(copy);
  await makeDatabase(folder, ["only in the -wal"], "SIGKILL");
  rmSync(database);
  const wal = readFileSync(`${database}-wal`);
  expect((await restore(copy)).code).toBe(0);
  expect(textsIn(database)).toEqual(["kept"]);
  const kept = readdirSync(folder).find((name) => /\.before-.*-wal$/.test(name)) ?? "";
  expect(readFileSync(join(folder, kept)).equals(wal)).toBe(true);
});

test.concurrent("a damaged database is replaced when somebody says that no server runs, and kept with its -wal", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
  refusal,
}) => {
  await makeDatabase(folder);
  await backUp(copy);
  await makeDatabase(folder, ["later"], "SIGKILL");
  writeFileSync(database, "zero".repeat(5_000));
  const wal = readFileSync(`${database}-wal`);
  expect(await refusal(restore, copy)).toMatch(/is damaged, .* Stop the server, and say so with --stopped/);
  expect(readFileSync(database, "utf8")).toBe("zero".repeat(5_000));
  expect((await restore(copy, "--stopped")).code).toBe(0);
  expect(textsIn(database)).toEqual(["kept"]);
  const aside = asideOf(folder);
  expect(readFileSync(aside, "utf8")).toBe("zero".repeat(5_000));
  expect(readFileSync(`${aside}-wal`).equals(wal)).toBe(true);
});

test.concurrent("a backup put in place by hand, beside the -wal of what it replaces: no start mixes the two", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
  refusal,
}) => {
  await makeDatabase(folder);
  await backUp(copy);
  await makeDatabase(folder, ["later"], "SIGKILL");
  copyFileSync(copy, database);
  const files = () => [database, `${database}-wal`].map((path) => readFileSync(path).toString("latin1"));
  const before = files();
  const { code, stderr } = await failedStart({ DATABASE_URL: database });
  expect(code).toBe(1);
  expect(stderr).toMatch(/-wal belongs to another database than the .*\. .*npm run restore -- FILE/);
  expect(await refusal(backUp, join(folder, "other.db"))).toMatch(/-wal belongs to another database/);
  expect(await refusal(restore, copy)).toMatch(/another one's -wal beside it, .* --stopped/);
  expect(files()).toEqual(before);
  expect((await restore(copy, "--stopped")).code).toBe(0);
  expect(textsIn(database)).toEqual(["kept"]);
  expect(existsSync(`${asideOf(folder)}-wal`)).toBe(true);
});

/** What is done to a disk on which there is a database, and a backup of it elsewhere. */
interface Full {
  readonly title: string;
  readonly signal: "SIGTERM" | "SIGKILL";
  /** What is left of the disk, in bytes. */
  readonly left: (copy: string) => number;
}

test.skipIf(!tools.mount).for<Full>([
  { title: "the backup", signal: "SIGTERM", left: () => 0 },
  { title: "the journal of its new epoch", signal: "SIGTERM", left: (copy) => statSync(copy).size + 4_096 },
  { title: "the database's own -wal", signal: "SIGKILL", left: () => 0 },
])(
  "on a disk without room for $title, the database stays as it is",
  async ({ signal, left }, { folder, copy, backUp, onTestFinished }) => {
    await makeDatabase(folder);
    await backUp(copy);
    const disk = makeSmallDisk(1_024);
    onTestFinished(() => disk.remove());
    await makeDatabase(disk.folder, ["kept"], signal);
    const spare = join(disk.folder, "spare");
    writeFileSync(spare, Buffer.alloc(left(copy)));
    disk.fill();
    rmSync(spare);
    const names = readdirSync(disk.folder);
    const onDisk = join(disk.folder, "parkbench.db");
    const { code, stderr } = await runProgram("restore", [copy], { DATABASE_URL: onDisk });
    expect(stderr).toMatch(/^There is no room for \S+: that disk is full\. .*nothing was changed/);
    expect(code).toBe(1);
    expect(readdirSync(disk.folder)).toEqual(names);
    disk.free();
    expect(textsIn(onDisk)).toEqual(["kept"]);
  },
);

test.concurrent("a file that is no backup is refused, and the database stays as it is", async ({
  folder,
  database,
  copy,
  backUp,
  restore,
  refusal,
}) => {
  await makeDatabase(folder);
  await backUp(copy);
  const epoch = epochOf(database);
  const bad = join(folder, "bad.db");
  mkdirSync(join(folder, "sub"));
  expect(await refusal(restore, bad)).toBe(`There is no backup ${bad}. Nothing was changed.\n`);
  expect(await refusal(restore, join(folder, "sub"))).toMatch(/is not a regular file/);
  expect(await refusal(restore, database)).toMatch(/is the database itself/);
  expect(await refusal(restore)).toMatch(/Usage: npm run restore -- FILE/);
  writeFileSync(bad, "Dear Sir, ".repeat(1_000));
  expect(await refusal(restore, bad)).toMatch(/bad\.db is not a SQLite database/);
  writeFileSync(bad, "");
  expect(await refusal(restore, bad)).toMatch(/bad\.db is not a backup of Parkbench/);
  copyFileSync(copy, bad);
  const newer = new Database(bad);
  newer.exec("INSERT INTO migrations SELECT max(number) + 1, 'later', 0 FROM migrations");
  newer.close();
  expect(await refusal(restore, bad)).toMatch(/bad\.db was written by a newer Parkbench/);
  const bytes = readFileSync(copy);
  writeFileSync(bad, bytes.subarray(0, 20_000));
  expect(await refusal(restore, bad)).toMatch(/bad\.db is damaged\. Take another backup/);
  writeFileSync(bad, bytes.fill(0xff, 5 * 4_096, 6 * 4_096));
  expect(await refusal(restore, bad)).toMatch(/bad\.db is damaged\. Take another backup/);
  expect([textsIn(database), epochOf(database)]).toEqual([["kept"], epoch]);
});
