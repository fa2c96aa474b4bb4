/** Server processes on one PostgreSQL, each as a machine of its own would run it, and what happens to machines. */
import { expect } from "vitest";
import { ask } from "../support/ask.js";
import { freePort } from "../support/free-port.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { freshDatabase } from "../support/shared-postgres.js";

/** What must be the same everywhere. */
const SHARED = {
  SESSION_SECRET: "the same secret on every machine",
  TRUST_PROXY: "1",
  LOG_LEVEL: "info",
  // All people of a test come from one address.
  LIMIT_PARKED_PER_ADDRESS: "0",
  LIMIT_SENDS_PER_ADDRESS: "0",
  LIMIT_SENDS_PER_SESSION: "0",
  LIMIT_SIGNINS_PER_ADDRESS: "0",
};

export interface LogRow {
  readonly id: number;
  readonly text: string;
  readonly nonce: string | null;
}

export class Machine {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  #server: ServerProcess | null = null;
  #earlier = "";

  constructor(name: string, port: number, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#server = await startServer({ port: this.port, env: this.#env });
  }

  /** As when the power goes: nothing is said to anybody. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** As in a rolling update: it stops in its own time, and the next version comes up. */
  async roll(): Promise<void> {
    expect(await this.#end("SIGTERM")).toBe(0);
    await this.start();
  }

  /** All that it has written, over all its lives. */
  output(): string {
    return this.#earlier + (this.#server?.output() ?? "");
  }

  async #end(signal: NodeJS.Signals): Promise<number | string | undefined> {
    const code = await this.#server?.stop(signal);
    this.#earlier += this.#server?.output() ?? "";
    this.#server = null;
    return code;
  }
}

/** Three machines that people reach under `origin`, on a database of their own. */
export async function startMachines(
  origin: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly machines: readonly [Machine, Machine, Machine]; readonly database: string }> {
  const database = await freshDatabase();
  const all = { ...SHARED, DATABASE_URL: database, ...(origin && { PUBLIC_ORIGIN: origin }), ...env };
  const machine = async (name: string) => new Machine(name, await freePort(), all);
  const machines = [await machine("chat1"), await machine("chat2"), await machine("chat3")] as const;
  // At once, as after a power cut: one of them makes the tables.
  await Promise.all(machines.map((one) => one.start()));
  return { machines: [...machines], database };
}

/** The table itself, past all servers. */
export async function logIn(database: string, after = 0): Promise<readonly LogRow[]> {
  const sql = `SELECT id, text, nonce FROM messages WHERE id > ${after} AND kind = 'message' ORDER BY id`;
  const rows = await ask<{ id: string; text: string; nonce: string | null }>(database, sql);
  return rows.map(({ id, text, nonce }) => ({ id: Number(id), text, nonce }));
}

/** What a version that is still to come may do: migrations add and never change. */
export async function asNewerVersion(database: string): Promise<void> {
  await ask(
    database,
    `ALTER TABLE messages ADD COLUMN mood text DEFAULT 'fine';
     ALTER TABLE control ADD COLUMN why text;
     CREATE TABLE moods (name text PRIMARY KEY);
     INSERT INTO migrations (number, name, at) SELECT max(number) + 1, 'moods', 0 FROM migrations`,
  );
}
