/** A chat in a host application as a scene, over a database that may be there already. */
import Database from "better-sqlite3";
import pg from "pg";
import { startEmbedded } from "../support/embedded.js";
import { call } from "../support/http-client.js";
import { type Beside, besideFile, besidePostgres } from "./beside.js";
import { type Running, Scene } from "./scene.js";

export interface Hosted {
  readonly scene: Scene;
  readonly running: Running;
  /** Stops the chat; the host goes on. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** `database`: a path, or an address of PostgreSQL. */
export async function startHosted(database: string): Promise<Hosted> {
  const { chat, bench, close } = await startEmbedded({ database });
  // The database is there when the first request has been answered.
  await call(`${bench.url}/poll?wait=0`);
  const { beside, leave } = await (/^postgres:/.test(database) ? visit(database) : open(database));
  const running = { ...bench, beside, chat };
  return {
    running,
    scene: new Scene(running),
    stop: () => chat.close(),
    close: async () => {
      await leave();
      await close();
    },
  };
}

interface Visit {
  readonly beside: Beside;
  leave(): Promise<void>;
}

async function open(path: string): Promise<Visit> {
  const db = new Database(path);
  return { beside: besideFile(db), leave: async () => void db.close() };
}

async function visit(url: string): Promise<Visit> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return { beside: besidePostgres(client), leave: () => client.end() };
}
