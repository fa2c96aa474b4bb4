/** The MessageLog in PostgreSQL. */
import type { Counts } from "../core/counts.js";
import { encodeData } from "../core/data.js";
import type { Appended, Batch, MessageLog, RoomSet } from "../core/log.js";
import type { Draft } from "../core/message.js";
import { AppendGroups, type Row } from "./append-groups.js";
import type { PostgresBell } from "./bell-postgres.js";
import { asMessage, isRepeated } from "./drafted.js";
import { PostgresMessageReads } from "./message-reads-postgres.js";
import { authorIdOf, COLUMNS, type PostgresValues, postgresMessageOf } from "./message-row-postgres.js";
import type { Pooled } from "./pooled.js";
import { senderOf } from "./sender.js";

export interface PostgresLogParts {
  readonly db: Pooled;
  readonly bell: PostgresBell;
  readonly counts: Counts;
  readonly epoch: string;
  readonly now: () => number;
  /** Of the text in one batch, about; one message alone may be longer. */
  readonly answerBytesMax: number;
  /** Another log has been put in this one's place: says so to whom it concerns, and gives what is to be thrown. */
  readonly onOther: () => Error;
  readonly close: () => Promise<void>;
}

const NEWEST = "SELECT greatest(newest, (SELECT max(id) FROM messages)), control_newest, epoch FROM log";

export class PostgresMessageLog implements MessageLog {
  readonly epoch: string;
  readonly #parts: PostgresLogParts;
  readonly #reads: PostgresMessageReads;
  readonly #groups: AppendGroups;

  constructor(parts: PostgresLogParts) {
    const { db, bell, counts, epoch, answerBytesMax } = parts;
    this.#parts = parts;
    this.epoch = epoch;
    this.#reads = new PostgresMessageReads(db, answerBytesMax);
    this.#groups = new AppendGroups(db, counts, () => bell.ring());
  }

  async append(given: Draft): Promise<Appended> {
    const draft = { ...given, text: given.text.toWellFormed() };
    const row = this.#rowOf(draft);
    const { id, isNew } = await this.#groups.add(row);
    if (isNew) return { outcome: "appended", message: asMessage(draft, id, row.at) };
    return this.#known(draft, id);
  }

  async recall(draft: Draft): Promise<Appended | null> {
    if (draft.nonce === undefined || draft.nonce === null) {
      this.#parts.db.mustBeOpen();
      return null;
    }
    const [row] = await this.#parts.db.read<[id: number]>(
      "SELECT message_id FROM nonces WHERE sender = $1 AND nonce = $2",
      [senderOf(draft.author), draft.nonce],
    );
    return row ? this.#known(draft, row[0]) : null;
  }

  since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    return this.#reads.since(rooms, after, limit);
  }

  before(rooms: readonly string[], before: number, limit: number): Promise<Batch> {
    return this.#reads.before(rooms, before, limit);
  }

  async newest(): Promise<number> {
    const { db, bell, onOther } = this.#parts;
    const [row] = await db.read<[newest: number, control: number, epoch: string]>(NEWEST, []);
    if (row?.[2] !== this.epoch) throw onOther();
    bell.noticeControl(row[1]);
    return row[0];
  }

  onChange(listener: () => void): () => void {
    return this.#parts.bell.onRing(listener);
  }

  /** What another process has committed is heard when PostgreSQL says so: there is nothing here to look at. */
  look(): void {}

  close(): Promise<void> {
    return this.#parts.close();
  }

  /** Finishes what is under way; later appends reject with `closed`. */
  drain(): Promise<void> {
    return this.#groups.close();
  }

  #rowOf(draft: Draft): Row {
    const { room, author, text, kind = "message", nonce = null, ref = null } = draft;
    return {
      room,
      name: author.name,
      text,
      authorId: authorIdOf(author.id),
      kind,
      nonce,
      data: encodeData(draft.data ?? null),
      ref,
      at: this.#parts.now(),
      sender: senderOf(author),
    };
  }

  async #known(draft: Draft, id: number): Promise<Appended> {
    const [row] = await this.#parts.db.read<PostgresValues>(`SELECT ${COLUMNS} FROM messages WHERE id = $1`, [
      id,
    ]);
    // The row is gone by now, but it was this one: a second would be a duplicate to everybody who has read it.
    if (!row) return { outcome: "repeated", message: asMessage(draft, id, this.#parts.now()) };
    const message = postgresMessageOf(row);
    return { outcome: isRepeated(draft, message) ? "repeated" : "conflict", message };
  }
}
