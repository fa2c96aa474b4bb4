/** One life of a server process, from its start to its end: what it says and does of its own accord is trouble. */
import type { Random } from "../support/random.js";
import { type ServerProcess, startServer } from "../support/server.js";
import type { TortureDatabase } from "./database.js";
import { Group } from "./group.js";
import type { Acts } from "./history.js";
import { STRUCK_MS, troublesIn } from "./told.js";

/** What every limit is set to that would refuse the run's load. */
const UNLIMITED = Object.fromEntries(
  ["PARKED", "PARKED_PER_ADDRESS", "PARKED_PER_SESSION", "SENDS_PER_SESSION", "SENDS_PER_ADDRESS"]
    .concat("SIGNINS_PER_ADDRESS", "ROOMS_PER_USER")
    .map((name) => [`LIMIT_${name}`, "0"]),
);

export interface LifeOptions {
  readonly name: string;
  readonly folder: string;
  readonly database: TortureDatabase;
  readonly random: Random;
  /** The program and its arguments, in place of `node dist/server.js`. */
  readonly command?: readonly [string, ...string[]] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default: 1, that is none beside the process itself. */
  readonly workers?: number;
  /** Counts what is done to it. */
  readonly acts: Acts;
  /** Told of what should not have happened. */
  readonly onTrouble: (text: string) => void;
}

/**
 * Null where it came to nothing: it was killed, `killMs` after its start, or had no database. Rejects when it ends before
 * it listens for no reason.
 */
export async function startLife(
  options: LifeOptions,
  port: number,
  killMs: number | null,
): Promise<Life | null> {
  const { acts, folder, database, command, env, workers = 1 } = options;
  const begunAt = Date.now();
  const groups: Group[] = [];
  let isKilled = false;
  const starting = startServer({
    ...{ folder, port, detached: workers > 1 },
    ...(command && { command }),
    env: { ...UNLIMITED, LOG_LEVEL: "warn", WORKERS: String(workers), ...database.env, ...env },
    onSpawn(child) {
      groups.push(new Group(child, workers));
      if (killMs === null) return;
      const timer = setTimeout(() => {
        isKilled = child.kill("SIGKILL");
      }, killMs);
      child.once("exit", () => clearTimeout(timer));
    },
  });
  const server = await starting.catch(async (error: unknown) => {
    for (const group of groups) await group.gone();
    if (isKilled) acts.killStarting += 1;
    // Without its database it ends, with a text, and whoever runs it starts it again.
    else if (!database.wasStruck(begunAt, Date.now(), STRUCK_MS)) throw error;
    return null;
  });
  if (!server) return null;
  const life = new Life(options, server, new Group(server.child, workers));
  if (killMs === null) return life;
  // It listened before the time was over: it is killed as any other, and not by surprise.
  await life.kill();
  acts.killStarting += 1;
  return null;
}

export class Life {
  readonly server: ServerProcess;
  readonly group: Group;
  /** Its end is: whoever brings it about says so before. */
  isEndExpected = false;

  constructor({ name, database, onTrouble }: LifeOptions, server: ServerProcess, group: Group) {
    this.server = server;
    this.group = group;
    void server.exited.then((code) => {
      for (const trouble of troublesIn(server.output(), database)) onTrouble(`${name} ${trouble}`);
      if (!this.isEndExpected) onTrouble(`${name} ended by itself with ${code}: ${this.lastWords()}`);
    });
  }

  /** `kill -9` of the process itself; resolves when no worker of it is left either. */
  async kill(): Promise<void> {
    this.isEndExpected = true;
    await this.server.stop("SIGKILL");
    await this.group.gone();
  }

  lastWords(): string {
    return this.server.output().slice(-500);
  }
}
