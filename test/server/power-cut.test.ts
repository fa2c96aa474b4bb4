/** A power cut: what is left is what had been flushed, and every acknowledged message is in it. */
import { rmSync, statSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { describe, expect, vi } from "vitest";
import { call, idOf, pollBody } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { mixtures, type PowerCut, preparePowerCut } from "../support/power-cut.js";
import type { ServerProcess } from "../support/server.js";
import { tools } from "../support/tools.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));
const NORMAL = fileURLToPath(new URL("../support/say-normal.mjs", import.meta.url));

/** The first start makes this folder, too: its own name must survive. */
const FOLDER = "data";
const WRITERS = 8;

/** A checkpoint comes when the -wal has 4 MB: that many of the longest messages are more, so that it is cut after one. */
const BEYOND_CHECKPOINT = 600;
const CHECKPOINT_BYTES = 2_000_000;

const test = ownTest.extend<{ readonly cut: PowerCut; readonly aside: string }>({
  aside: async ({ folder }, use) => use(`${folder}.aside`),
  cut: async ({ folder, aside }, use) => {
    await use(preparePowerCut(folder, aside));
    rmSync(aside, { recursive: true, force: true });
  },
});

type Acked = ReadonlyMap<number, string>;

/** Sends from all sides until so many were acknowledged, and takes the power away in the middle of the others. */
async function hammer(server: ServerProcess, acks: number, letters = 20): Promise<Acked> {
  const acked = new Map<number, string>();
  const agent = new Agent({ keepAlive: true });
  let isEnough = () => {};
  const enough = new Promise<void>((resolve) => (isEnough = resolve));
  const write = async (name: string) => {
    for (let n = 0; ; n++) {
      const text = `${name} ${n} `.padEnd(letters, "é");
      const answer = await call(`${server.url}/send`, { form: { name, text }, agent }).catch(() => null);
      if (answer === null) return;
      if (answer.status !== 201) throw new Error(answer.text);
      acked.set(idOf(answer), text.trimEnd());
      if (acked.size >= acks) isEnough();
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, n) => write(`Writer ${n}`)));
  await Promise.race([writing, enough]);
  await server.stop("SIGKILL");
  await writing;
  agent.destroy();
  return acked;
}

function textsIn(path: string): Map<number, string> {
  const db = new Database(path, { fileMustExist: true });
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    const rows = db.prepare("SELECT id, text FROM messages").all() as { id: number; text: string }[];
    return new Map(rows.map(({ id, text }) => [id, text]));
  } finally {
    db.close();
  }
}

const missing = (acked: Acked, there: ReadonlyMap<number, string>) =>
  [...acked].filter(([id, text]) => there.get(id) !== text).map(([id]) => id);

describe.skipIf(!tools.cc)("guarantee 2: a power cut", () => {
  test("takes no acknowledged message, whatever part of the rest was on its way to the disk", {
    timeout: 60_000,
  }, async ({ start, folder, aside, cut }) => {
    const acked = new Map<number, string>();
    const database = join(folder, FOLDER, "chat.db");
    for (const [n, acks] of [1, 60, 300, BEYOND_CHECKPOINT].entries()) {
      const server = await start({ env: { ...cut.env, DATABASE_URL: database } });
      const letters = acks === BEYOND_CHECKPOINT ? 4_000 : 20;
      for (const [id, text] of await hammer(server, acks, letters)) acked.set(id, text);
      const left = join(aside, `left-${n}`);
      cut.leave(left);
      const now = join(folder, FOLDER);
      for (const path of mixtures(
        join(left, FOLDER),
        now,
        "chat.db",
        ["", "-wal"],
        join(aside, `mixed-${n}`),
      ))
        expect(missing(acked, textsIn(path)), path).toEqual([]);
      console.log(`cut ${n}: ${acked.size} acknowledged, 0 missing`);
    }
    expect(statSync(database).size).toBeGreaterThan(CHECKPOINT_BYTES);
  });

  test("negative twin: with one word changed, synchronous = NORMAL, acknowledged messages are gone", async ({
    start,
    folder,
    aside,
    cut,
  }) => {
    const command = [process.execPath, "--import", NORMAL, PROGRAM] as const;
    const database = join(folder, "chat.db");
    const launch = () => start({ command: [...command], env: { ...cut.env, DATABASE_URL: database } });
    // A stop in order flushes all, so that there is something to lose from.
    await (await launch()).stop();
    const server = await launch();
    const acked = await hammer(server, 200);
    cut.leave(join(aside, "left"));
    // A killed process alone would not have shown it.
    expect(missing(acked, textsIn(database))).toEqual([]);
    const gone = missing(acked, textsIn(join(aside, "left", "chat.db")));
    console.log(`NORMAL: of ${acked.size} acknowledged, ${gone.length} are gone`);
    expect(gone.length).toBeGreaterThan(100);
  });

  test("leaves a server that goes on: the same log, the same session, and the next message", async ({
    start,
    folder,
    aside,
    cut,
  }) => {
    const server = await start({ env: { ...cut.env, DATABASE_URL: join(folder, FOLDER, "chat.db") } });
    const { headers } = await call(`${server.url}/session`, { form: { name: "Ana" } });
    const cookie = headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    const sent = await call(`${server.url}/send`, { form: { name: "Bea", text: "before" } });
    const { next } = JSON.parse(sent.text) as { next: string };
    await server.stop("SIGKILL");
    cut.leave(join(aside, "left"));
    const again = await start({ env: { DATABASE_URL: join(aside, "left", FOLDER, "chat.db") } });
    const poll = call(`${again.url}/poll?since=${next}`);
    const after = await call(`${again.url}/send`, { form: { name: "Bea", text: "after" } });
    expect(idOf(after)).toBeGreaterThan(idOf(sent));
    expect(pollBody(await poll)).not.toHaveProperty("reset");
    expect(pollBody(await poll).messages).toMatchObject([{ text: "after" }]);
    const session = await call(`${again.url}/session`, { headers: { cookie } });
    expect(JSON.parse(session.text)).toMatchObject({ user: { name: "Ana" } });
  });
});
