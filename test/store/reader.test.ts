/** Small reads that are asked for in one turn share a lock and an answer; none hears of less than was there when it was asked for. */
import Database from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { Reader } from "../../src/store/reader.js";
import { connect, newPath } from "./places.js";

function make() {
  const path = newPath();
  const said: string[] = [];
  const db = new Database(path, { timeout: 5, verbose: (sql) => said.push(String(sql)) });
  onTestFinished(() => void db.close());
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT");
  const count = db.prepare("SELECT count(*) FROM t").pluck();
  const other = connect(path);
  said.length = 0;
  return {
    db,
    said,
    reader: new Reader(db),
    count: () => Number(count.get()),
    addElsewhere: (n: number) => other.prepare("INSERT INTO t VALUES (?)").run(n),
  };
}

describe("reads together", () => {
  it("of one turn are one transaction, each with its own answer", async () => {
    const { reader, count, said, db } = make();
    const answers = await Promise.all([
      reader.readTogether("count", count),
      reader.readTogether("twice", () => 2 * count()),
    ]);
    expect(answers).toEqual([0, 0]);
    expect([said[0], said.at(-1), said.length, db.inTransaction]).toEqual(["BEGIN", "COMMIT", 4, false]);
  });

  it("that ask the same are answered by one look, and those that ask later by another", async () => {
    const { reader, count, said } = make();
    const ask = () => reader.readTogether("count", count);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([0, 0, 0]);
    expect(said).toHaveLength(1);
    await ask();
    expect(said).toHaveLength(2);
  });

  it("see what another process has committed before any of them was asked for, and in between", async () => {
    const { reader, count, addElsewhere } = make();
    addElsewhere(1);
    const first = reader.readTogether("first", count);
    addElsewhere(2);
    const second = reader.readTogether("second", count);
    expect([(await first) >= 1, await second]).toEqual([true, 2]);
  });

  it("fail each for itself, and leave no transaction behind", async () => {
    const { reader, count, db } = make();
    const wrong = new ParkbenchError("no_room", "There is none.");
    const failing = reader.readTogether("failing", () => {
      throw wrong;
    });
    const [failed, answered] = await Promise.allSettled([failing, reader.readTogether("count", count)]);
    expect(failed).toMatchObject({ status: "rejected", reason: wrong });
    expect(answered).toMatchObject({ status: "fulfilled", value: 0 });
    expect(db.inTransaction).toBe(false);
  });

  it("fail no worse when SQLite ends their transaction, as it does when the disk cannot be read", async () => {
    const { reader, count, db } = make();
    const failing = reader.readTogether("failing", () => {
      db.exec("ROLLBACK");
      throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
    });
    const [failed, answered] = await Promise.allSettled([failing, reader.readTogether("count", count)]);
    expect(failed).toMatchObject({ status: "rejected", reason: { code: "storage_failed" } });
    expect(answered).toMatchObject({ status: "fulfilled", value: 0 });
    expect(await reader.readTogether("count", count)).toBe(0);
  });

  it("are refused once the store is closed, also those that were asked for before", async () => {
    const { reader, count, db } = make();
    const asked = [reader.readTogether("a", count), reader.readTogether("b", count)];
    reader.close();
    db.close();
    for (const end of await Promise.allSettled(asked))
      expect(end).toMatchObject({ status: "rejected", reason: { code: "closed" } });
  });
});
