/** A move that is cut off or killed is run again; one in two runs beside a running server; and the ones that are refused. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { backupSqlite } from "../../src/store/backup-sqlite.js";
import { openStore } from "../../src/store/open.js";
import { restoreSqlite } from "../../src/store/restore-sqlite.js";
import { ask } from "../support/ask.js";
import { startWire } from "../support/counting-wire.js";
import { aLog, allOf, ordinaryDatabase } from "../support/moves.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

// Some dozens of runs, one after another.
vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = fileURLToPath(new URL("../../dist/move.js", import.meta.url));

/** A wire to the database of `url`, and the address through it. */
async function through(url: string, heard: Parameters<typeof startWire>[1]) {
  const address = new URL(url);
  const wire = await startWire(Number(address.port), heard);
  address.port = String(wire.port);
  return { wire, address: address.href };
}

/** Null, or what a server says that does not start there. */
async function refusalOf(url: string): Promise<string | null> {
  try {
    await (await openStore({ url })).close();
    return null;
  } catch (error) {
    return String(error);
  }
}

describe.skipIf(tools.postgres === null)("a move to PostgreSQL", () => {
  it("that loses its connection at any step is run again, and all is there as after one run", async () => {
    const log = await aLog();
    const [url, whole] = [await freshDatabase(), await freshDatabase()];
    await log.twin().move(whole);
    let [cutAt, steps] = [1, 0];
    const { wire, address } = await through(url, () => {
      steps += 1;
      return steps !== cutAt;
    });
    const seen = new Set<string>();
    for (; ; cutAt += 11, steps = 0) {
      const outcome = await log.move(address, { isStopped: true }).catch(String);
      if (typeof outcome !== "string") break;
      expect(outcome, `cut at ${cutAt}`).toMatch(/cannot be reached/);
      const refusals = [await refusalOf(log.path), await refusalOf(url)];
      seen.add(refusals.map((refusal) => (refusal === null ? "starts" : "refused")).join());
    }
    await wire.close();
    // Never both, and never half a log. The first starts were on a database that nothing had come to yet.
    expect([...seen].sort()).toEqual(["refused,refused", "starts,refused", "starts,starts"]);
    expect(await allOf(url)).toEqual(await allOf(whole));
  });

  it.each([
    ["in the middle of the messages", "INSERT INTO messages (id,room", "starts"],
    ["between the mark on the file and the switch", "UPDATE log SET epoch", "refused"],
  ])("that is killed %s is run again", async (_, at, file) => {
    const log = await aLog();
    const [url, whole] = [await freshDatabase(), await freshDatabase()];
    await log.twin().move(whole);
    let isKilled = false;
    const { wire, address } = await through(url, (piece) => {
      if (isKilled || !piece.includes(at)) return true;
      isKilled = child.kill("SIGKILL");
      return false;
    });
    const child = spawn(process.execPath, [PROGRAM, "--from", log.path, "--to", address], {
      stdio: "ignore",
    });
    expect(await new Promise((done) => child.once("exit", (_code, signal) => done(signal)))).toBe("SIGKILL");
    expect([await refusalOf(log.path), await refusalOf(url)]).toEqual([
      file === "starts" ? null : expect.stringContaining("has moved to PostgreSQL at"),
      expect.stringContaining("not all of it is there"),
    ]);
    expect(await log.move(address, { isStopped: true })).toMatchObject({ outcome: "moved" });
    expect(await log.move(address, { isStopped: true })).toMatchObject({ outcome: "was moved before" });
    await wire.close();
    expect(await allOf(url)).toEqual(await allOf(whole));
  });

  it("in two runs: a copy while a server writes, and then what has changed since", async () => {
    // Ids of two digits, and names that people sort otherwise than bytes.
    const log = await aLog(`
      INSERT INTO messages (room, author_name, text) SELECT 'lobby', 'cron', value FROM json_each('[1,2,3,4,5,6,7,8]');
      INSERT INTO nonces SELECT 'a:' || value, 'n', 1 FROM json_each('["a","B","c","_","é","😀","�"]')`);
    const url = await ordinaryDatabase();
    const server = await openStore({ url: log.path });
    await expect(log.move(url)).rejects.toThrow(
      /has the database \S+ open\. Stop it and run this again; or .* --ahead/,
    );
    expect(await log.move(url, { isAhead: true })).toMatchObject({ outcome: "copied", written: 38 });
    expect(await log.move(url, { isAhead: true })).toMatchObject({ outcome: "copied", written: 0 });
    expect(await refusalOf(url)).toContain("not all of it is there");
    await server.log.append({ room: "lobby", author: { id: 1, name: "Ana" }, text: "late", nonce: "late" });
    await server.moderation.remove(2, "owner");
    await server.moderation.lift("ban", { kind: "user", value: "2" }, "owner");
    await server.close();
    const whole = await freshDatabase();
    await log.twin().move(whole);
    // Two messages and a nonce more, one message blank, a ban gone; two acts in the audit, and two control rows.
    expect(await log.move(url, { isStopped: true })).toMatchObject({ outcome: "moved", written: 9 });
    expect(await allOf(url)).toEqual(await allOf(whole));
  });

  it("lets nobody write to PostgreSQL between the last look and the switch", async () => {
    const log = await aLog();
    const url = await freshDatabase();
    const insert = "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'cron', 'x')";
    const outcomes: unknown[] = [];
    const { wire, address } = await through(url, async (piece) => {
      if (piece.includes("UPDATE log SET epoch"))
        outcomes.push(await ask(url, `SET lock_timeout = '200ms'; ${insert}`).catch(String));
      return true;
    });
    expect(await log.move(address)).toMatchObject({ outcome: "moved" });
    await wire.close();
    expect(outcomes).toEqual([expect.stringContaining("lock timeout")]);
  });

  it("holds the file from the first look on: a server that starts meanwhile is on neither", async () => {
    const log = await aLog();
    const url = await freshDatabase();
    const starts: Promise<string | null>[] = [];
    const { wire, address } = await through(url, (piece) => {
      if (piece.includes("CREATE TABLE parkbench_moving")) starts.push(refusalOf(log.path));
      return true;
    });
    await log.move(address);
    await wire.close();
    expect(await Promise.all(starts)).toEqual([expect.stringContaining("has moved to PostgreSQL at")]);
  });

  it("is refused where it would give the same ids twice, or mix two logs", async () => {
    const log = await aLog();
    const twin = log.twin();
    const url = await freshDatabase();
    await log.move(url);
    await expect(log.move(await freshDatabase())).rejects.toThrow(
      /has moved to PostgreSQL at \S+, and goes on only/,
    );
    // The file was put back by hand, or a copy of it.
    await expect(twin.move(url)).rejects.toThrow(/has the log of \S+ already, from a move of before/);
    await expect((await aLog()).move(url)).rejects.toThrow(
      /has a log of its own\. Move into an empty database/,
    );
    const other = await freshDatabase();
    await twin.move(other, { isAhead: true });
    await expect((await aLog()).move(other)).rejects.toThrow(/Another log has begun to move into/);
    // What a first start leaves is no log.
    const started = await freshDatabase();
    const server = await openStore({ url: started });
    await expect((await aLog()).move(started)).rejects.toThrow(/is connected to \S+\. Stop it/);
    await server.close();
    expect(await twin.move(started)).toMatchObject({ outcome: "moved" });
  });

  it("leaves a file that takes no row from anybody, until a restore makes it another log", async () => {
    const log = await aLog();
    const { epoch } = log;
    await log.move(await freshDatabase());
    const insert = "INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'cron', 'x')";
    expect(() => log.change(insert)).toThrow(/this log has moved to PostgreSQL at 127/);
    const copy = `${log.path}.copy`;
    await backupSqlite({ path: log.path, to: copy, isForced: false });
    const restored = await restoreSqlite({ path: log.path, from: copy, isStopped: false });
    expect(restored.epoch).not.toBe(epoch);
    expect(await refusalOf(log.path)).toBe(null);
    log.change(insert);
  });
});
