/** One process of the modelled machines: the product's own Tail, bell and groups, with modelled cores under them. */
import type { Client } from "pg";
import { Counts } from "../../src/core/counts.js";
import type { Appended, Batch, MessageLog, RoomSet } from "../../src/core/log.js";
import { silent } from "../../src/core/logger.js";
import type { Draft } from "../../src/core/message.js";
import { Tail } from "../../src/core/tail.js";
import { AppendGroups } from "../../src/store/append-groups.js";
import { PostgresBell } from "../../src/store/bell-postgres.js";
import type { Pooled } from "../../src/store/pooled.js";
import { ReadLine } from "../../src/store/read-line.js";
import type { VirtualClock } from "./clock.js";
import { Cores } from "./cores.js";
import type { ModelDatabase } from "./database.js";
import type { Model } from "./model.js";

export interface Around {
  readonly clock: VirtualClock;
  readonly database: ModelDatabase;
  readonly model: Model;
  /** Draws how long a message is under way to the database, or back, in ms. */
  readonly oneWayMs: () => number;
}

/** A log over the modelled network. What reads and rings cost is spent here and there. */
export class ModelProcess implements MessageLog {
  readonly epoch = "model1";
  /** Node runs on one. */
  readonly cores: Cores;
  readonly tail: Tail;
  readonly #around: Around;
  readonly #bell: PostgresBell;
  readonly #groups: AppendGroups;
  readonly #line = new ReadLine();

  constructor(around: Around) {
    this.#around = around;
    this.cores = new Cores(around.clock, 1);
    const notify = (payload: string) => this.#notify(payload);
    this.#bell = new PostgresBell({ connect: () => this.#listener(), notify, logger: silent });
    const counts = new Counts();
    // The groups know nothing of a pool but how to run one statement.
    const db = { run: (_sql: string, columns: readonly unknown[]) => this.#commit(columns) };
    this.#groups = new AppendGroups(db as unknown as Pooled, counts, () => this.#bell.ring());
    this.tail = new Tail(this, { counts });
  }

  async append({ room, nonce = null, text, author }: Draft): Promise<Appended> {
    const rest = { kind: "message", authorId: null, data: null, ref: null, at: 0, sender: "" };
    const { id } = await this.#groups.add({ room, nonce, text, name: author.name, ...rest });
    const message = { id, room, nonce, text, kind: "message", from: author, data: null, ref: null, at: 0 };
    return { outcome: "appended", message };
  }

  since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    const { database, model } = this.#around;
    const read = () =>
      this.#ask<Batch>(
        ({ messages }) => model.processReadUs + messages.length * model.processReadRowUs,
        (done) => database.read(rooms, after, limit, done),
      );
    return rooms === "all" ? read() : this.#line.read(`${rooms} ${after} ${limit}`, read);
  }

  newest(): Promise<number> {
    const { database, model } = this.#around;
    return this.#ask<number>(
      () => model.processLookUs,
      (done) => database.look(done),
    );
  }

  onChange(listener: () => void): () => void {
    return this.#bell.onRing(listener);
  }

  look(): void {}

  recall(): Promise<null> {
    return Promise.resolve(null);
  }

  before(): Promise<Batch> {
    throw new Error("nobody turns pages here");
  }

  async close(): Promise<void> {
    this.tail.close();
    await this.#bell.close();
  }

  #commit(columns: readonly unknown[]): Promise<readonly (readonly [isNew: boolean, id: number])[]> {
    const [rooms, , , , , nonces] = columns as readonly (readonly string[])[];
    const rows = (rooms ?? []).map((room, at) => ({ room, nonce: nonces?.[at] ?? null }));
    const { database, model } = this.#around;
    return this.#ask(
      () => model.processCommitUs,
      (done) => database.commit(rows, (ids) => done(ids.map((id) => [true, id] as const))),
    );
  }

  #notify(payload: string): Promise<void> {
    const { database, model } = this.#around;
    return this.#ask<void>(
      () => model.processNotifyUs,
      (done) => database.notify(payload, done),
    );
  }

  /** There, what `job` does there, and back; `usOf` this process for it, when the answer is here. */
  #ask<T>(usOf: (answer: T) => number, job: (done: (answer: T) => void) => void): Promise<T> {
    const { clock, oneWayMs } = this.#around;
    return new Promise((resolve) => {
      const back = (answer: T) =>
        clock.in(oneWayMs(), () => clock.call(this.cores.spend(usOf(answer)), () => resolve(answer)));
      clock.in(oneWayMs(), () => job(back));
    });
  }

  /** What of pg's client the bell uses. */
  #listener(): Client {
    const { clock, database, model, oneWayMs } = this.#around;
    let onNotification = (_notification: { channel: string; payload: string }) => {};
    const notification = (payload: string) => () => onNotification({ channel: "parkbench", payload });
    const hear = (payload: string) =>
      clock.in(oneWayMs(), () => clock.call(this.cores.spend(model.hearUs), notification(payload)));
    const client = {
      on(event: string, listener: typeof onNotification) {
        if (event === "notification") onNotification = listener;
      },
      connect: () => this.#ask<void>(free, (done) => done()),
      query: (sql: string) =>
        this.#ask<void>(free, (done) => {
          if (sql.startsWith("LISTEN")) database.listeners.add(hear);
          done();
        }),
      end: async () => {
        database.listeners.delete(hear);
      },
    };
    return client as unknown as Client;
  }
}

/** Once in a connection's life, or every 15 seconds. */
function free(): number {
  return 0;
}
