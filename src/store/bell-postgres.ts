/** Tells listeners that the log may have grown: by this process at once, by any other program as PostgreSQL says. */
import type { Client, Notification } from "pg";
import type { Logger } from "../core/logger.js";

export const CHANNEL = "parkbench";

/** Everybody reads again this often, heard or not: a listener that has gone deaf costs a second, never a message. */
const SAFETY_MS = 1000;
/** Half-open connections look idle: one that does not answer in time is made anew. */
const PING_EVERY = 15;
const PING_MS = 5000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;
/** Rings of one process go out at most this often. */
const NOTIFY_MS = 2;

export interface BellParts {
  /** A connection of its own, not yet connected, past any pooler. */
  readonly connect: () => Client;
  /** Tells the other processes, outside of any writing transaction. */
  readonly notify: () => Promise<void>;
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

  constructor(parts: BellParts) {
    this.#parts = parts;
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

  /** After a commit of this process: here at once, elsewhere in a moment. */
  ring(): void {
    this.#hear();
    this.#owesNotify = true;
    this.#notifying ??= this.#notify().finally(() => {
      this.#notifying = null;
    });
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
        await this.#parts.notify();
      } catch (error) {
        // The others read again within a second by themselves.
        this.#parts.logger.warn({ err: error }, "other processes could not be told of a new message");
      }
      if (this.#owesNotify) await new Promise((done) => setTimeout(done, NOTIFY_MS));
    }
  }

  #start(): void {
    void this.#listen();
    this.#timer = setInterval(() => this.#tick(), SAFETY_MS);
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
    this.#hear();
    this.#ticks += 1;
    const client = this.#client;
    if (!client || this.#ticks % PING_EVERY !== 0) return;
    const late = setTimeout(() => this.#lost(client, new Error("it does not answer")), PING_MS);
    late.unref();
    client.query("SELECT 1").then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }

  async #listen(): Promise<void> {
    const client = this.#parts.connect();
    this.#client = client;
    // Both, or the process ends with them.
    client.on("error", (error) => this.#lost(client, error));
    client.on("end", () => this.#lost(client, new Error("the connection ended")));
    client.on("notification", ({ channel }: Notification) => {
      if (channel === CHANNEL) this.#hear();
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#retryMs = RETRY_MS_MIN;
      // What came before it listened.
      this.#hear();
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#drop(client);
    if (this.#listeners.size === 0) return;
    this.#parts.logger.warn(
      { err: error },
      "the connection that hears of new messages is lost; it is made anew",
    );
    this.#retry = setTimeout(() => void this.#listen(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  #drop(client: Client | null): void {
    this.#client = null;
    client?.end().catch(() => {});
  }
}
