/** Tells listeners that the log may have grown: by this process at once, by any other program as PostgreSQL says. */
import { randomBytes } from "node:crypto";
import type { Client, Notification } from "pg";
import type { Logger } from "../core/logger.js";
import { BellProbe } from "./bell-probe.js";

export const CHANNEL = "parkbench";

const TICK_MS = 1000;
/** In ticks. Half-open connections look idle: one that does not answer in time is made anew. */
const PING_EVERY = 15;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2000;
/** Rings of one process go out at most this often. */
const NOTIFY_MS = 2;

export interface BellParts {
  /** A connection of its own, not yet connected, past any pooler; its statements reject when no answer comes. */
  readonly connect: () => Client;
  /** Tells the other processes, outside of any writing transaction. */
  readonly notify: (payload: string) => Promise<void>;
  readonly logger: Logger;
}

export class PostgresBell {
  readonly #parts: BellParts;
  readonly #listeners = new Set<{ readonly listener: () => void }>();
  #client: Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #retryMs = RETRY_MS_MIN;
  #ticks = 0;
  #isClosed = false;
  #notifying: Promise<void> | null = null;
  #owesNotify = false;
  readonly #probe: BellProbe;
  /** What the others are told. Told by PostgreSQL in turn, it is no news: this process has heard it at once. */
  readonly #own = `ring:${randomBytes(8).toString("hex")}`;
  /** The newest control row that anybody here has seen in the log. */
  #control: number | null = null;
  /** Each trouble is said when it begins, and when it is over. */
  #isLost = false;
  #isMute = false;

  constructor(parts: BellParts) {
    this.#parts = parts;
    this.#probe = new BellProbe(parts);
  }

  onRing(listener: () => void): () => void {
    const entry = { listener };
    if (this.#isClosed) return () => {};
    this.#listeners.add(entry);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      if (this.#listeners.delete(entry) && this.#listeners.size === 0) this.#stop();
    };
  }

  /** Whether somebody listens, and so looks at the end of the log. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** After a commit of this process: here at once, elsewhere in a moment. */
  ring(): void {
    this.#hear();
    this.#owesNotify = true;
    this.#notifying ??= this.#notify().finally(() => {
      this.#notifying = null;
    });
  }

  /**
   * Whoever looks at the end of the log says here what it shows of control rows. The tail looks every half second while
   * somebody waits, and finds by that what no notification has told of: a bell that has gone deaf costs a second.
   */
  noticeControl(newest: number): void {
    const isNew = this.#control !== null && newest > this.#control;
    this.#control = newest;
    if (isNew) this.#hear();
  }

  /** Resolves when what this process owes the others has been said. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    this.#stop();
    await this.#notifying;
  }

  #hear(): void {
    for (const { listener } of [...this.#listeners]) {
      try {
        listener();
      } catch {
        // A ring carries no promise to anybody: the other listeners must hear it.
      }
    }
  }

  async #notify(): Promise<void> {
    while (this.#owesNotify) {
      this.#owesNotify = false;
      try {
        await this.#parts.notify(this.#own);
        this.#isMute = false;
      } catch (error) {
        // The others find it by themselves within a second.
        if (!this.#isMute)
          this.#parts.logger.warn({ err: error }, "other processes could not be told of a new message");
        this.#isMute = true;
      }
      if (this.#owesNotify) await new Promise((done) => setTimeout(done, NOTIFY_MS));
    }
  }

  #start(): void {
    void this.#listen();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    // Whoever waits has a socket that keeps the process alive; the bell alone must not.
    this.#timer.unref();
  }

  #stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    if (this.#retry) clearTimeout(this.#retry);
    this.#timer = this.#retry = null;
    this.#drop(this.#client);
  }

  #tick(): void {
    this.#ticks += 1;
    const client = this.#client;
    if (!client) return;
    this.#probe.tick();
    if (this.#ticks % PING_EVERY !== 0) return;
    client.query("SELECT 1").catch((error: unknown) => this.#lost(client, error));
  }

  async #listen(): Promise<void> {
    const client = this.#parts.connect();
    this.#client = client;
    // Both, or the process ends with them.
    client.on("error", (error) => this.#lost(client, error));
    client.on("end", () => this.#lost(client, new Error("the connection ended")));
    client.on("notification", ({ channel, payload = "" }: Notification) => {
      if (channel === CHANNEL && !this.#probe.hear(payload) && payload !== this.#own) this.#hear();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      if (this.#client !== client) return;
      this.#retryMs = RETRY_MS_MIN;
      if (this.#isLost) this.#parts.logger.info({}, "new messages of other processes are heard of again");
      this.#isLost = false;
      // What came before it listened.
      this.#hear();
      this.#probe.begin();
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#drop(client);
    if (this.#listeners.size === 0) return;
    if (!this.#isLost)
      this.#parts.logger.warn(
        { err: error },
        "the connection that hears of new messages is lost; it is made anew",
      );
    this.#isLost = true;
    // Spread, as all processes lose a server at the same moment.
    this.#retry = setTimeout(() => void this.#listen(), this.#retryMs * (0.5 + Math.random() / 2));
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #drop(client: Client | null): void {
    this.#client = null;
    client?.end().catch(() => {});
  }
}
