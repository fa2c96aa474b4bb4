/** One server process of a torture run: its life from start to kill, again and again on the same port. */
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/free-port.js";
import type { Random } from "../support/random.js";
import { type ServerProcess, startServer } from "../support/server.js";
import type { TortureDatabase } from "./database.js";
import type { Acts } from "./history.js";
import { type Hop, startHop } from "./hop.js";
import { STRUCK_MS, troublesIn } from "./told.js";

/** What every limit is set to that would refuse the run's load. */
const UNLIMITED = Object.fromEntries(
  ["PARKED", "PARKED_PER_ADDRESS", "PARKED_PER_SESSION", "SENDS_PER_SESSION", "SENDS_PER_ADDRESS"]
    .concat("SIGNINS_PER_ADDRESS", "ROOMS_PER_USER")
    .map((name) => [`LIMIT_${name}`, "0"]),
);

export interface ProcessOptions {
  readonly name: string;
  readonly folder: string;
  readonly database: TortureDatabase;
  readonly random: Random;
  /** The program and its arguments, in place of `node dist/server.js`. */
  readonly command?: readonly [string, ...string[]] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly hopOneIn: number;
  /** Counts what is done to it. */
  readonly acts: Acts;
  /** Told of what should not have happened. */
  readonly onTrouble: (text: string) => void;
}

export class TortureProcess {
  readonly name: string;
  readonly hop: Hop;
  /** Past the hop. */
  readonly url: string;
  readonly #port: number;
  readonly #options: ProcessOptions;
  #server: ServerProcess | null = null;
  #isExpected = false;
  #busy: Promise<void> | null = null;
  #isEnding = false;

  static async start(options: ProcessOptions): Promise<TortureProcess> {
    const port = await freePort();
    const hop = await startHop({ serverPort: port, random: options.random, oneIn: options.hopOneIn });
    const one = new TortureProcess(options, port, hop);
    await one.#start();
    return one;
  }

  private constructor(options: ProcessOptions, port: number, hop: Hop) {
    this.#options = options;
    this.#port = port;
    this.name = options.name;
    this.hop = hop;
    this.url = `http://127.0.0.1:${port}`;
  }

  get isBusy(): boolean {
    return this.#busy !== null;
  }

  /** Kills it, with `downMs` until it is started again, and now and then once more while it starts. */
  kill(downMs: number): void {
    this.#options.acts.kill += 1;
    this.#do(() => this.#killAndStart(downMs));
  }

  /** SIGTERM; it must end with 0, unless it is killed `killMs` later. */
  stop(downMs: number, killMs: number | null): void {
    this.#options.acts.stop += 1;
    this.#do(async () => {
      this.#isExpected = true;
      const ending = this.#server?.stop("SIGTERM");
      if (killMs !== null) {
        await pause(killMs);
        this.#server?.child.kill("SIGKILL");
      }
      const code = await ending;
      if (code !== 0 && !(killMs !== null && code === "SIGKILL"))
        this.#options.onTrouble(`${this.name} ended with ${code} on SIGTERM: ${this.#output()}`);
      await pause(downMs);
      await this.#start();
    });
  }

  /** SIGSTOP: it lives, and does nothing, whatever it holds. Then it goes on, or is killed. */
  freeze(ms: number, isKilled: boolean, downMs: number): void {
    this.#options.acts.freeze += 1;
    this.#do(async () => {
      this.#server?.child.kill("SIGSTOP");
      await pause(ms);
      if (isKilled) {
        this.#options.acts.kill += 1;
        await this.#killAndStart(downMs);
      } else this.#server?.child.kill("SIGCONT");
    });
  }

  /** Resolves when it runs and nothing is being done to it. */
  async ready(): Promise<void> {
    while (this.#busy) await this.#busy;
  }

  /** SIGTERM for good. */
  async end(): Promise<void> {
    await this.ready();
    this.#isEnding = true;
    this.#isExpected = true;
    const code = await this.#server?.stop();
    if (code !== 0) this.#options.onTrouble(`${this.name} ended with ${code} at last: ${this.#output()}`);
    this.hop.close();
  }

  /** Whatever it is doing. */
  destroy(): void {
    this.#isEnding = true;
    this.#isExpected = true;
    this.#server?.child.kill("SIGKILL");
    this.hop.close();
  }

  #do(job: () => Promise<void>): void {
    this.#busy = job()
      .catch((error: unknown) => this.#options.onTrouble(`${this.name}: ${String(error)}`))
      .finally(() => {
        this.#busy = null;
      });
  }

  async #killAndStart(downMs: number): Promise<void> {
    this.#isExpected = true;
    await this.#server?.stop("SIGKILL");
    await pause(downMs);
    await this.#start();
  }

  async #start(): Promise<void> {
    const { random, acts, folder, database, command, env } = this.#options;
    for (;;) {
      if (this.#isEnding) return;
      let isKilled = false;
      const killMs = this.#server && random.oneIn(6) ? random.whole(0, 400) : null;
      const begunAt = Date.now();
      try {
        this.#server = await startServer({
          folder,
          port: this.#port,
          ...(command && { command }),
          env: { ...UNLIMITED, LOG_LEVEL: "warn", ...database.env, ...env },
          onSpawn(child) {
            if (killMs === null) return;
            const timer = setTimeout(() => {
              isKilled = child.kill("SIGKILL");
            }, killMs);
            child.once("exit", () => clearTimeout(timer));
          },
        });
      } catch (error) {
        if (isKilled) acts.killStarting += 1;
        // Without its database it ends, with a text, and whoever runs it starts it again.
        else if (!database.wasStruck(begunAt, Date.now(), STRUCK_MS)) throw error;
        continue;
      }
      // It listened before the time was over: it is killed as any other, and not by surprise.
      this.#isExpected = killMs !== null;
      this.#watch(this.#server);
      if (killMs === null) return;
      await this.#server.stop("SIGKILL");
      acts.killStarting += 1;
    }
  }

  #watch(server: ServerProcess): void {
    void server.exited.then((code) => {
      for (const trouble of troublesIn(server.output(), this.#options.database))
        this.#options.onTrouble(`${this.name} ${trouble}`);
      if (this.#isExpected || server !== this.#server) return;
      this.#options.onTrouble(`${this.name} ended by itself with ${code}: ${server.output().slice(-500)}`);
    });
  }

  #output(): string {
    return this.#server?.output().slice(-500) ?? "";
  }
}
