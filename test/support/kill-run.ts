/** A server that is killed again and again under writers and readers, and what came of it. */
import { Agent } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { freePort } from "./free-port.js";
import { Gate } from "./gate.js";
import { makeRoom } from "./guest.js";
import { type KillReader, startReader } from "./kill-reader.js";
import { startWriter, type Writing } from "./kill-writer.js";
import { seeded } from "./random.js";
import { startServer } from "./server.js";
import type { History, Row } from "./verdict.js";

export interface KillRunOptions {
  readonly folder: string;
  readonly kills: number;
  readonly seed: number;
}

const WRITERS = 5;
const ROOMS = ["lobby", "annex"];

export async function runKills({ folder, kills, seed }: KillRunOptions): Promise<History> {
  const random = seeded(seed);
  const port = await freePort();
  const start = () => startServer({ folder, port, env: { LOG_LEVEL: "warn" } });
  let server = await start();
  await makeRoom(server.url, "Keeper", "annex", "Annex");

  const [sends, polls] = [new Gate(), new Gate()];
  const writing: Writing = {
    url: server.url,
    gate: sends,
    rooms: ROOMS,
    sent: [],
    acks: [],
    unanswered: 0,
    hungUp: 0,
  };
  const agent = new Agent({ keepAlive: true });
  const stop = new AbortController();
  const writers = Array.from({ length: WRITERS }, (_, n) =>
    startWriter(writing, {
      name: `Writer ${n}`,
      signsIn: n % 2 === 0,
      random: seeded(seed + n + 1),
      agent,
      stop: stop.signal,
    }),
  );
  for (const writer of writers) writer.catch(() => {});
  const reading = { url: server.url, gate: polls, agent };
  /** A writer ends before its time only by an answer that it should not have had. */
  const passed = (more: number) => Promise.race([sends.passed(more), Promise.all(writers)]);
  const readers: readonly KillReader[] = [
    startReader(reading, { reader: "bare", rooms: ["lobby"], hasBareCursor: true }),
    startReader(reading, { reader: "annex", rooms: ["annex"] }),
    startReader(reading, { reader: "small", rooms: ROOMS, limit: 3 }),
    startReader(reading, { reader: "forgetful", rooms: ROOMS, losesEvery: 4 }),
  ];
  try {
    for (const gate of [sends, polls]) gate.open();
    for (let kill = 0; kill < kills; kill++) {
      await passed(random.whole(15, 60));
      // No wait for anything: where in the life of its sends the server is hit must be as random as it can be.
      await pause(random.whole(0, 6));
      for (const gate of [sends, polls]) gate.close();
      if ((await server.stop("SIGKILL")) !== "SIGKILL")
        throw new Error(`It ended by itself:\n${server.output()}`);
      server = await start();
      for (const gate of [sends, polls]) gate.open();
    }
    await passed(30);
    stop.abort();
    await Promise.all(writers);
    const log = readLog(server.database);
    const heard = await Promise.all(readers.map(({ readUpTo }) => readUpTo(log)));
    const code = await server.stop();
    if (code !== 0) throw new Error(`The last server ended with ${code}:\n${server.output()}`);
    const { sent, acks, unanswered, hungUp } = writing;
    return { kills, unanswered, hungUp, log: readLog(server.database), sent, acks, heard };
  } finally {
    stop.abort();
    for (const gate of [sends, polls]) gate.close();
    for (const { leave } of readers) leave();
    await server.stop("SIGKILL");
    agent.destroy();
  }
}

function readLog(path: string): readonly Row[] {
  const db = new Database(path, { readonly: true });
  try {
    const check = db.pragma("integrity_check", { simple: true });
    if (check !== "ok") throw new Error(`The database is damaged: ${check}`);
    return db.prepare("SELECT id, room, text, nonce FROM messages ORDER BY id").all() as Row[];
  } finally {
    db.close();
  }
}
