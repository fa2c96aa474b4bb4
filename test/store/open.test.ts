/** What DATABASE_URL may be, how the file is opened, and the text for every way in which it cannot be. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type Database from "better-sqlite3";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ParkbenchError } from "../../src/core/errors.js";
import { readMigrations } from "../../src/store/migrate.js";
import { openStore, pathOf } from "../../src/store/open.js";
import { tools } from "../support/tools.js";
import { compile, connect, mount, newFolder, newPath, open, until } from "./places.js";

/** The last step of the schema. */
const NEWEST = readMigrations(new URL("../../migrations/sqlite/", import.meta.url)).length;

/** Every connection that the store opens, as the driver knows it. */
const opened = vi.hoisted(() => [] as import("better-sqlite3").Database[]);
vi.mock("better-sqlite3", async (original) => {
  const { default: Driver } = await original<{ default: typeof Database }>();
  return {
    default: class extends Driver {
      constructor(...values: ConstructorParameters<typeof Driver>) {
        super(...values);
        opened.push(this as unknown as Database.Database);
      }
    },
  };
});
beforeEach(() => void opened.splice(0));

const draft = { room: "lobby", author: { id: null, name: "Ana" }, text: "a" };

/** The refusal of a start. */
async function refusal(url: string): Promise<ParkbenchError> {
  const store = await openStore({ url }).catch((error: ParkbenchError) => error);
  if (!("code" in store)) {
    await store.close();
    throw new Error(`${url} was opened`);
  }
  return store;
}

/** What an ordinary user's process says when it opens `url`: to root every folder is writable. */
function openElsewhere(url: string, parts = { hasNativePart: true }): string {
  const script = `
    const { openStore } = await import(process.argv[1]);
    await openStore({ url: process.argv[2] }).then((store) => store.close()).then(() => "opened", (error) => error.message).then(console.log);`;
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const options = { encoding: "utf8", ...nobody } as const;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", script, compile(parts), url],
    options,
  );
  return stdout.trim() || stderr;
}

/** A database with a message in it, closed. */
async function filled(path = newPath()): Promise<string> {
  const { log, close } = await open(path);
  for (let n = 0; n < 50; n++) await log.append({ ...draft, text: "x".repeat(500) });
  await close();
  return path;
}

describe("DATABASE_URL", () => {
  it("may be a path, a file: path or a file: URL", () => {
    expect(pathOf("data/a.db")).toBe(resolve("data/a.db"));
    expect(pathOf("/tmp/a b.db")).toBe(resolve("/tmp/a b.db"));
    expect(pathOf("file:data/a%20b.db")).toBe(resolve("data/a b.db"));
    expect(pathOf("file:./a.db")).toBe(resolve("a.db"));
    expect(pathOf(pathToFileURL(resolve("/tmp/é #?.db")).href)).toBe(resolve("/tmp/é #?.db"));
  });

  it.each([
    ["postgres://user:secret@127.0.0.1:1/db", "cannot be reached"],
    ["mysql://user:secret@host/db", "does not know"],
    ["sqlite:data/a.db", "does not know"],
    ["", "must name a file"],
    [":memory:", "must name a file"],
    ["file://host/a.db", "not a file: URL"],
    ["file:a%zz.db", "not a file: URL"],
    ["file:a.db?mode=ro", "takes no parameters"],
  ])("%s is refused: %s", async (url, text) => {
    const { code, message } = await refusal(url);
    expect(code).toBe("storage_failed");
    expect(message).toContain(text);
    expect(message).not.toContain("secret");
  });

  it("opens the file that it names", async () => {
    const path = join(newFolder(), "é #?.db");
    await open(pathToFileURL(path).href);
    expect(existsSync(path)).toBe(true);
  });
});

describe("opening", () => {
  const settings = {
    journal_mode: "wal",
    synchronous: 2,
    busy_timeout: 5,
    timeout: 5,
    foreign_keys: 1,
    journal_size_limit: 16_777_216,
    wal_autocheckpoint: 1_000,
    trusted_schema: 0,
    cell_size_check: 1,
  };
  const read = (db: Database.Database) =>
    Object.fromEntries(Object.keys(settings).map((name) => [name, db.pragma(name, { simple: true })]));

  it("sets every connection so that a commit is flushed: the first one, a second one, and after reopening", async () => {
    const path = newPath();
    const first = await open(path);
    await open(path);
    const { timeout, ...expected } = settings;
    expect(opened).toHaveLength(2);
    for (const db of opened) expect(read(db)).toMatchObject({ ...expected, busy_timeout: timeout });
    await first.close();
    await open(path);
    expect(opened).toHaveLength(3);
    expect(read(opened[2] as Database.Database)).toMatchObject(expected);
    // The driver's own choice for an existing file, against which the store must speak up.
    expect(connect(path).pragma("synchronous", { simple: true })).toBe(1);
  });

  it("makes the folders and a file that only this user can read, with its -wal and -shm", async () => {
    const path = join(newFolder(), "some", "folder", "chat.db");
    await open(path);
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      expect(statSync(file).mode & 0o777, file).toBe(0o600);
  });

  it("makes its folder in one that may be written and not listed, which nobody can flush", () => {
    const folder = newFolder();
    chmodSync(folder, 0o733);
    expect(openElsewhere(join(folder, "sub", "chat.db"))).toBe("opened");
    chmodSync(folder, 0o777);
  });

  it("leaves the mode of a file that is there as it is", async () => {
    const path = await filled();
    chmodSync(path, 0o640);
    await open(path);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it("begins with a lobby, an empty log and nobody", async () => {
    const { log, rooms, users, control } = await open();
    expect(await rooms.list()).toEqual([{ name: "lobby", title: "Lobby", closed: false, slowS: 0 }]);
    expect([await log.newest(), await control.newest(), await users.isHeld("ana")]).toEqual([0, 0, false]);
  });

  it("finds everything again, also through a symbolic link", async () => {
    const path = await filled();
    const link = join(newFolder(), "link.db");
    symlinkSync(path, link);
    const { log, check } = await open(link);
    expect((await log.append(draft)).message.id).toBe(51);
    await check();
  });

  it("waits for another program's lock at the switch to WAL, to which no busy timeout applies", async () => {
    const path = newPath();
    const other = connect(path);
    other.exec("BEGIN IMMEDIATE");
    // Each refused try ends in a pause of a random length.
    const pauses = vi.spyOn(Math, "random");
    const opening = open(path);
    await until(() => pauses.mock.calls.length > 2);
    other.exec("COMMIT");
    pauses.mockRestore();
    expect((await (await opening).rooms.list()).length).toBe(1);
    expect(connect(path).pragma("journal_mode", { simple: true })).toBe("wal");
  });

  it("keeps the locks of a store that this process has open already", async () => {
    const path = newPath();
    const store = await open(path);
    await store.log.append(draft);
    await (await open(path)).close();
    // Without its locks, the last one to leave elsewhere would take the -wal away from under it.
    const script = `const D = require("better-sqlite3"); const d = new D(${JSON.stringify(path)}); d.prepare("SELECT * FROM messages").all(); d.close()`;
    expect(spawnSync(process.execPath, ["-e", script]).status).toBe(0);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await store.log.append(draft);
  });
});

describe("a start that cannot be", () => {
  const said = new Map<string, string>();

  /** Each text names the file or folder and says something that no other does. */
  function isClear(error: ParkbenchError, about: string, text: string, code = "storage_failed"): void {
    expect(error.name).toBe("ParkbenchError");
    expect(error.message).toContain(about);
    expect(error.message).toContain(text);
    expect(error.code).toBe(code);
    const kind = error.message.replaceAll(about, "…");
    expect(said.get(kind), "the same text as another mistake").toBeUndefined();
    said.set(kind, text);
  }

  it("says that the folder cannot be made", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    isClear(await refusal(join(file, "sub", "chat.db")), join(file, "sub"), "cannot be made");
  });

  it("says that the folder cannot be written", async () => {
    const folder = newFolder();
    chmodSync(folder, 0o555);
    expect(openElsewhere(join(folder, "chat.db"))).toContain(
      `The folder ${folder} of the database cannot be written (EACCES)`,
    );
    chmodSync(folder, 0o777);
    expect(openElsewhere(join(folder, "chat.db"))).toBe("opened");
  });

  it("says that the path is a folder, or no regular file", async () => {
    const folder = newFolder();
    isClear(await refusal(folder), folder, "is a folder");
    isClear(await refusal("/dev/null"), "/dev/null", "not a regular file");
  });

  it("says that the file cannot be written", async () => {
    const path = await filled();
    chmodSync(path, 0o444);
    expect(openElsewhere(path)).toContain(`The database ${path} cannot be read and written (EACCES)`);
    chmodSync(path, 0o666);
    expect(openElsewhere(path)).toBe("opened");
  });

  it("says that it is no database, and leaves it as it is", async () => {
    const path = newPath();
    const text = "Dear diary, ".repeat(1_000);
    writeFileSync(path, text);
    isClear(await refusal(path), path, "is not a SQLite database");
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it.each([
    ["cut off", (path: string) => truncateSync(path, 3 * 4_096)],
    [
      "changed in the middle",
      (path: string) => {
        const bytes = readFileSync(path);
        bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 4_096);
        writeFileSync(path, bytes);
      },
    ],
  ])("says that it is damaged: %s", async (_, damage) => {
    const path = await filled();
    damage(path);
    const error = await refusal(path);
    expect(error).toMatchObject({ code: "storage_failed" });
    expect(error.message).toContain(`${path} is damaged`);
  });

  it("does not throw a -wal away because the file beside it is empty or gone", async () => {
    const path = newPath();
    const { log } = await open(path);
    await log.append(draft);
    const wal = readFileSync(`${path}-wal`);
    const copy = newPath();
    writeFileSync(`${copy}-wal`, wal);
    isClear(await refusal(copy), copy, "is empty or gone");
    expect(existsSync(copy)).toBe(false);
    writeFileSync(copy, "");
    expect((await refusal(copy)).message).toContain("is empty or gone");
    expect(readFileSync(`${copy}-wal`).equals(wal)).toBe(true);
    // The twin: nothing in the -wal, nothing to lose.
    writeFileSync(`${copy}-wal`, "");
    await open(copy);
  });

  it("says that the schema is newer than the program, and leaves it as it is", async () => {
    const path = await filled();
    const db = connect(path);
    db.prepare("INSERT INTO migrations VALUES (?, 'later', 0)").run(NEWEST + 1);
    isClear(
      await refusal(path),
      path,
      `newer Parkbench (its schema is ${NEWEST + 1}, this one knows up to ${NEWEST})`,
    );
    expect(db.prepare("SELECT max(number) FROM migrations").pluck().get()).toBe(NEWEST + 1);
  });

  it("says that the database is another program's, and leaves it as it is", async () => {
    const path = newPath();
    const db = connect(path);
    db.exec("CREATE TABLE notes (text TEXT)");
    isClear(await refusal(path), path, "belongs to another program");
    db.exec("CREATE TABLE migrations (id INTEGER, name TEXT)");
    expect((await refusal(path)).message).toContain("belongs to another program");
    expect(db.pragma("journal_mode", { simple: true })).toBe("delete");
    const other = await filled();
    connect(other).exec("UPDATE migrations SET name = 'initial'");
    expect((await refusal(other)).message).toContain("belongs to another program");
  });

  it("says that better-sqlite3 is not built", () => {
    expect(openElsewhere(newPath(), { hasNativePart: false })).toContain("Run `npm rebuild better-sqlite3`");
    expect(openElsewhere(newPath())).toBe("opened");
  });

  describe.skipIf(tools.mount === null)("on a small file system (run the tests as root on Linux)", () => {
    it("says that the disk is full, makes no sense of half a database, and starts when there is room", async ({
      skip,
    }) => {
      const folder = join(newFolder(), "disk");
      const refused = mount(folder, "1m");
      if (refused !== null) skip(`mount: ${refused}`);
      const path = join(folder, "chat.db");
      const filler = join(folder, "filler");
      const fill = (leaving: number) => {
        rmSync(filler, { force: true });
        writeFileSync(filler, Buffer.alloc(1_048_576 - leaving));
      };
      // A new database, with room for no page, for the first pages, and for all but the index of the -wal.
      for (const leaving of [0, 4_096, 16_384, 40_960]) {
        fill(leaving + (existsSync(path) ? 4_096 * Math.ceil(statSync(path).size / 4_096) : 0));
        const error = await refusal(path);
        expect(error).toMatchObject({ code: "storage_full" });
        expect(error.message).toContain("full");
      }
      rmSync(filler);
      await filled(path);
      // One with messages in it: it could be read, so only the probe's write tells.
      const used = statSync(path).size;
      writeFileSync(filler, Buffer.alloc(1_048_576 - Math.ceil(used / 4_096) * 4_096 - 32_768));
      isClear(await refusal(path), path, "is full", "storage_full");
      rmSync(filler);
      const { log } = await open(path);
      expect((await log.since("all", 0, 100)).messages).toHaveLength(50);
    });

    it("says that the file system is read-only", async ({ skip }) => {
      const folder = join(newFolder(), "disk");
      const refused = mount(folder, "1m");
      if (refused !== null) skip(`mount: ${refused}`);
      mkdirSync(join(folder, "sub"));
      const path = await filled(join(folder, "sub", "chat.db"));
      spawnSync("mount", ["-o", "remount,ro", folder]);
      isClear(await refusal(path), join(folder, "sub"), "cannot be written (EROFS)");
    });
  });

  it("says that another program has it locked", async () => {
    const path = await filled();
    const db = connect(path);
    db.exec("BEGIN IMMEDIATE");
    // The 10 s of patience in 0.1 s.
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => 100 * now());
    isClear(await refusal(path), path, "locked by another program", "storage_busy");
    clock.mockRestore();
    db.exec("COMMIT");
    await open(path);
  });
});
