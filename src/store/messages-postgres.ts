/** The MessageLog in PostgreSQL. */
import type { Counts } from "../core/counts.js";
import { encodeData } from "../core/data.js";
import type { Appended, Batch, MessageLog, RoomSet } from "../core/log.js";
import type { Draft, Message } from "../core/message.js";
import { AppendGroups, type Row } from "./append-groups.js";
import type { PostgresBell } from "./bell-postgres.js";
import { authorIdOf, COLUMNS, type PostgresValues, postgresMessageOf } from "./message-row-postgres.js";
import { senderOf } from "./nonces-sqlite.js";
import type { Pooled } from "./pooled.js";

export interface PostgresLogParts {
  readonly db: Pooled;
  readonly bell: PostgresBell;
  readonly counts: Counts;
  readonly epoch: string;
  readonly now: () => number;
  /** Of the text in one batch, about; one message alone may be longer. */
  readonly answerBytesMax: number;
  readonly close: () => Promise<void>;
}

/** About 1 MiB of text in one batch; one message alone may be longer. */
const BATCH_BYTES_MAX = 1_048_576;

const WEIGHT = "octet_length(text) + coalesce(octet_length(data), 0)";

/** The `limit` rows of a query, cut where they weigh too much; always one, so that a reader gets past anything. */
function cut(rows: string, order: "ASC" | "DESC"): string {
  return `SELECT ${COLUMNS}, found FROM (
    SELECT *, count(*) OVER () AS found, row_number() OVER by_id AS place, sum(${WEIGHT}) OVER by_id AS weight
    FROM (${rows}) AS rows WINDOW by_id AS (ORDER BY id ${order})
  ) AS weighed WHERE place <= $3 AND (place = 1 OR weight <= ${BATCH_BYTES_MAX}) ORDER BY id ${order}`;
}

const SINCE_ALL = cut("SELECT * FROM messages WHERE id > $1 ORDER BY id LIMIT $2", "ASC");
const SINCE = inRooms("id > $1", "ASC");
const BEFORE = inRooms("id < $1", "DESC");

/** Each room's rows come from the index in the order of their ids, so a long room costs no more than what is returned. */
function inRooms(range: string, order: "ASC" | "DESC"): string {
  const one = `SELECT * FROM messages WHERE room = asked.room AND ${range} ORDER BY id ${order} LIMIT $2`;
  return cut(
    `SELECT one.* FROM (SELECT DISTINCT unnest($4::text[]) AS room) AS asked CROSS JOIN LATERAL (${one}) AS one ORDER BY id ${order} LIMIT $2`,
    order,
  );
}

export class PostgresMessageLog implements MessageLog {
  readonly epoch: string;
  readonly #parts: PostgresLogParts;
  readonly #groups: AppendGroups;

  constructor(parts: PostgresLogParts) {
    this.#parts = parts;
    this.epoch = parts.epoch;
    this.#groups = new AppendGroups(parts.db, parts.counts, () => parts.bell.ring());
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

  async since(rooms: RoomSet, after: number, limit: number): Promise<Batch> {
    return rooms === "all"
      ? this.#batch(SINCE_ALL, [after], limit)
      : this.#batch(SINCE, [after, rooms], limit);
  }

  async before(rooms: readonly string[], before: number, limit: number): Promise<Batch> {
    const { messages, more } = await this.#batch(BEFORE, [before, rooms], limit);
    return { messages: messages.toReversed(), more };
  }

  async newest(): Promise<number> {
    const [row] = await this.#parts.db.read<[newest: number]>("SELECT newest FROM log", []);
    return row?.[0] ?? 0;
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

  async #batch(sql: string, [id, ...rooms]: readonly unknown[], limit: number): Promise<Batch> {
    // At least one row is looked for, as it says whether there are more.
    const rows = await this.#parts.db.read<Found>(sql, [id, limit + 1, Math.max(limit, 1), ...rooms]);
    const found = Number(rows[0]?.at(-1) ?? 0);
    const messages = rows.slice(0, limit).map((row) => postgresMessageOf(row as unknown as PostgresValues));
    return { messages, more: found > messages.length };
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

/** A row, and how many were found in all. */
type Found = readonly [...PostgresValues, found: number];

/** A text that a moderator has removed since cannot be compared any more. */
function isRepeated(draft: Draft, first: Message): boolean {
  if (draft.room !== first.room) return false;
  return first.text === "" || (draft.text === first.text && (draft.kind ?? "message") === first.kind);
}

function asMessage(draft: Draft, id: number, at: number): Message {
  const { room, author, text, kind = "message", nonce = null, data = null, ref = null } = draft;
  return { id, room, kind, from: { id: author.id, name: author.name }, text, at, nonce, data, ref };
}
