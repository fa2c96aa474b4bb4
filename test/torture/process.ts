/** One server process of a torture run: what is done to it, from life to life on the same port. */
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../support/free-port.js";
import { type Hop, startHop } from "./hop.js";
import { type Life, type LifeOptions, startLife } from "./life.js";

export interface ProcessOptions extends LifeOptions {
  readonly hopOneIn: number;
}

/** A start that is to be killed is so within this. */
const START_MS = 400;

export class TortureProcess {
  readonly name: string;
  readonly hop: Hop;
  /** Past the hop. */
  readonly url: string;
  readonly #port: number;
  readonly #options: ProcessOptions;
  #life: Life | null = null;
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
    this.#do((life) => this.#killAndStart(life, downMs));
  }

  /** SIGTERM; it must end with 0, unless it is killed `killMs` later. */
  stop(downMs: number, killMs: number | null): void {
    this.#options.acts.stop += 1;
    this.#do(async (life) => {
      life.isEndExpected = true;
      const ending = life.server.stop("SIGTERM");
      if (killMs !== null) {
        await pause(killMs);
        life.server.child.kill("SIGKILL");
      }
      const code = await ending;
      await life.group.gone();
      if (code !== 0 && !(killMs !== null && code === "SIGKILL"))
        this.#options.onTrouble(`${this.name} ended with ${code} on SIGTERM: ${life.lastWords()}`);
      await pause(downMs);
      await this.#start();
    });
  }

  /** SIGSTOP: it lives, and does nothing, whatever it holds. Then it goes on, or is killed. */
  freeze(ms: number, isKilled: boolean, downMs: number): void {
    this.#options.acts.freeze += 1;
    this.#do(async (life) => {
      life.group.signal("SIGSTOP");
      await pause(ms);
      if (!isKilled) return life.group.signal("SIGCONT");
      this.#options.acts.kill += 1;
      life.isEndExpected = true;
      // A worker that is stopped would not see that the one that has started it is gone.
      life.group.signal("SIGKILL");
      await this.#killAndStart(life, downMs);
    });
  }

  /** Kills one of its workers; false where one is missing still. */
  killWorker(): boolean {
    const { random, workers = 1 } = this.#options;
    const pids = this.#life?.group.workers() ?? [];
    const pid = pids[random.whole(0, workers - 1)];
    if (pids.length !== workers || pid === undefined) return false;
    process.kill(pid, "SIGKILL");
    return true;
  }

  /** SIGHUP: one worker after the other is replaced, unless all are killed `killMs` later. */
  roll(killMs: number | null, downMs: number): void {
    const { acts, onTrouble } = this.#options;
    this.#do(async (life) => {
      const { server, group } = life;
      const old = group.workers();
      const said = server.output().length;
      server.child.kill("SIGHUP");
      if (killMs !== null) {
        await pause(killMs);
        acts.kill += 1;
        return this.#killAndStart(life, downMs);
      }
      // A new one cannot start without its database: whether it was away is for who reads what it has said.
      const isGivenUp = () => server.output().includes("the old workers go on", said);
      await group.rolled(old, isGivenUp).catch((error) => onTrouble(`${this.name}: ${error}`));
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
    const life = this.#life;
    if (life) life.isEndExpected = true;
    const code = await life?.server.stop();
    if (code !== 0) this.#options.onTrouble(`${this.name} ended with ${code} at last: ${life?.lastWords()}`);
    this.hop.close();
  }

  /** Whatever it is doing. */
  destroy(): void {
    this.#isEnding = true;
    if (this.#life) this.#life.isEndExpected = true;
    this.#life?.group.signal("SIGKILL");
    this.hop.close();
  }

  #do(job: (life: Life) => Promise<void>): void {
    const life = this.#life;
    if (!life) return;
    this.#busy = job(life)
      .catch((error: unknown) => this.#options.onTrouble(`${this.name}: ${String(error)}`))
      .finally(() => {
        this.#busy = null;
      });
  }

  async #killAndStart(life: Life, downMs: number): Promise<void> {
    await life.kill();
    await pause(downMs);
    await this.#start();
  }

  async #start(): Promise<void> {
    const { random } = this.#options;
    const isFirst = this.#life === null;
    for (let life: Life | null = null; life === null && !this.#isEnding; ) {
      const killMs = !isFirst && random.oneIn(6) ? random.whole(0, START_MS) : null;
      life = await startLife(this.#options, this.#port, killMs);
      if (life) this.#life = life;
      if (this.#isEnding) this.destroy();
    }
  }
}
