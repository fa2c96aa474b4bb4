/** The MessageLog in SQLite. */
import type { Counts } from "../core/counts.js";
import { encodeData } from "../core/data.js";
import { DATA_BYTES_MAX } from "../core/limits.js";
import type { Appended, Batch, MessageLog, RoomSet } from "../core/log.js";
import type { Draft, Message } from "../core/message.js";
import type { Bell } from "./bell.js";
import { bindId, type Connection, only, type Statement } from "./connection.js";
import { asMessage, isRepeated } from "./drafted.js";
import { MessageReads } from "./message-reads-sqlite.js";
import { COLUMNS, type MessageValues, messageOf } from "./message-row.js";
import { Nonces } from "./nonces-sqlite.js";
import { Pace } from "./pace.js";
import type { Reader } from "./reader.js";
import { senderOf } from "./sender.js";
import type { Writer } from "./writer.js";

export interface LogParts {
  readonly db: Connection;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly bell: Bell;
  readonly counts: Counts;
  readonly now: () => number;
  readonly answerBytesMax: number;
  readonly close: () => Promise<void>;
}

export class SqliteMessageLog implements MessageLog {
  readonly epoch: string;
  readonly #parts: LogParts;
  readonly #reads: MessageReads;
  readonly #pace = new Pace();
  readonly #nonces: Nonces;
  readonly #insert: Statement;
  readonly #one: Statement;
  readonly #newest: Statement;

  constructor(parts: LogParts) {
    const { db, answerBytesMax } = parts;
    this.#parts = parts;
    this.#reads = new MessageReads(db, answerBytesMax);
    this.#nonces = new Nonces(db);
    // Not RETURNING: it costs five times the insert, and all it would return is known.
    this.#insert = db.prepare(
      "INSERT INTO messages (room, author_name, text, author_id, kind, nonce, data, ref, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#one = db.prepare(`SELECT ${COLUMNS} FROM messages WHERE id = ?`).raw();
    // Not max(id): deleting the newest row must not send readers back.
    this.#newest = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'messages'");
    this.epoch = String(only(db.prepare("SELECT epoch FROM log").get()));
  }

  async append(given: Draft): Promise<Appended> {
    // Lone surrogates have no UTF-8 form: SQLite would keep three replacement characters, and a retry would be a conflict.
    const draft = { ...given, text: given.text.toWellFormed() };
    const data = encodeData(draft.data ?? null);
    const key = keyOf(draft);
    // The nonce is looked up in the transaction that adds: two retries in one turn must not both find it unused.
    const { writer, counts } = this.#parts;
    const appended = await writer.write(() => this.#recall(draft, key) ?? this.#add(draft, data, key), RINGS);
    // Before the tail reads the row: what was rung for is read in a later microtask than this one.
    if (appended.outcome === "appended") counts.append(appended.message.id);
    return appended;
  }

  recall(draft: Draft): Promise<Appended | null> {
    const key = keyOf(draft);
    return this.#parts.reader.read(() => this.#recall(draft, key));
  }

  since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    const read = () => this.#read(() => this.#reads.since(rooms, after, limit));
    // The tail's own is for everybody who waits, and nobody is to hold that up.
    return rooms === "all" ? read() : this.#pace.run(read);
  }

  before(rooms: readonly string[], before: number, limit: number): Promise<Batch> {
    return this.#pace.run(() => this.#read(() => this.#reads.before(rooms, before, limit)));
  }

  newest(): Promise<number> {
    return this.#parts.reader.read(() =>
      Math.min(Number(only(this.#newest.get()) ?? 0), Number.MAX_SAFE_INTEGER),
    );
  }

  onChange(listener: () => void): () => void {
    return this.#parts.bell.onRing(listener);
  }

  look(): void {
    this.#parts.bell.look();
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  #read(job: () => Batch): Promise<Batch> {
    return this.#parts.reader.read(() => {
      const batch = job();
      this.#pace.spend(batch.messages.reduce((bytes, message) => bytes + weightOf(message), 0));
      return batch;
    });
  }

  #add(draft: Draft, data: string | null, key: Key | null): Appended {
    const { room, author, text, kind = "message", nonce = null, ref = null } = draft;
    const at = this.#parts.now();
    const authorId = bindId(author.id);
    const added = this.#insert.run(room, author.name, text, authorId, kind, nonce, data, ref, at);
    const id = Number(added.lastInsertRowid);
    if (key !== null) this.#nonces.keep(key.sender, key.nonce, id);
    return { outcome: "appended", message: asMessage(draft, id, at) };
  }

  #recall(draft: Draft, key: Key | null): Appended | null {
    if (!key) return null;
    const id = this.#nonces.find(key.sender, key.nonce);
    if (id === null) return null;
    const row = this.#one.get(id) as MessageValues | undefined;
    // The row is gone by now, but it was this one: a second would be a duplicate to everybody who has read it.
    if (row === undefined) return { outcome: "repeated", message: asMessage(draft, id, this.#parts.now()) };
    const message = messageOf(row);
    return { outcome: isRepeated(draft, message) ? "repeated" : "conflict", message };
  }
}

/** Roughly what it costs to send a row: of its data nobody knows how long it was. */
function weightOf({ text, data }: Message): number {
  return text.length + (data === null ? 0 : DATA_BYTES_MAX);
}

const RINGS = { rings: true } as const;

interface Key {
  readonly sender: string;
  readonly nonce: string;
}

/** Made before the transaction, in which everybody else of the group waits. */
function keyOf({ author, nonce }: Draft): Key | null {
  return nonce === undefined || nonce === null ? null : { sender: senderOf(author), nonce };
}
