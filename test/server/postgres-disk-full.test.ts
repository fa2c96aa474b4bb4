/** A full disk under PostgreSQL: sends are refused and said not to be stored, reading goes on, and it passes by itself. */
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { describe, expect } from "vitest";
import { expectRefused, openScene, readOld, SECRET } from "../support/fault-scene.js";
import { codeOf } from "../support/http-client.js";
import { test } from "../support/own-server.js";
import { ordinaryUser, startCluster } from "../support/postgres.js";
import { makeSmallDisk } from "../support/small-disk.js";
import { tools } from "../support/tools.js";

const DISK_KB = 24 * 1024;

/**
 * A database whose tables, but not whose log of changes, are on a disk of their own; of a cluster of its own, which is
 * ended with it: to drop it there would be a checkpoint of all that the other tests have written.
 */
async function databaseOn(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  const place = join(folder, "tables");
  mkdirSync(place);
  const { uid = 0, gid = 0 } = ordinaryUser();
  for (const owned of [folder, place]) chownSync(owned, uid, gid);
  const cluster = await startCluster();
  const client = new pg.Client({ host: "127.0.0.1", port: cluster.port, user: "chat", database: "postgres" });
  await client.connect();
  await client.query(`CREATE TABLESPACE small LOCATION '${place}'`);
  await client.query("CREATE DATABASE on_disk TABLESPACE small");
  await client.end();
  return { url: `postgres://chat@127.0.0.1:${cluster.port}/on_disk`, stop: () => cluster.stop() };
}

describe.skipIf(!tools.postgres || !tools.mount)("on a full disk", { timeout: 60_000 }, () => {
  test("sends are refused with 503, reading goes on, and when space is back it recovers by itself", async ({
    start,
  }) => {
    const disk = makeSmallDisk(DISK_KB);
    const { url, stop } = await databaseOn(disk.folder);
    try {
      const scene = await openScene(await start({ env: { DATABASE_URL: url, SESSION_SECRET: SECRET } }));
      let answer = await scene.send();
      expect(answer.status).toBe(201);
      // What is left of the last pages is used up first, and what PostgreSQL gives back meanwhile taken as well. Random,
      // as it would be stored in next to nothing otherwise.
      for (let n = 0; n < 50 && answer.status === 201; n++) {
        disk.fill();
        answer = await scene.send(randomBytes(1700).toString("hex"));
      }
      expectRefused(answer);
      expect(codeOf(answer)).toBe("storage_full");
      expect((await readOld(scene.server)).status).toBe(200);
      disk.free();
      await scene.recovers();
      await scene.end(url);
    } finally {
      await stop();
      disk.remove();
    }
  });
});
