/** Another program at the chat's database: it writes rows that nobody sent, and reads what the log holds. */
import type Database from "better-sqlite3";
import type pg from "pg";
import type { Row } from "./reader.js";

export interface Beside {
  /** In one transaction. */
  insert(room: string, texts: readonly string[]): Promise<void>;
  /** The rows of these rooms after an id, but for what a user wrote. */
  slice(after: number, rooms: readonly string[], but: number): Promise<readonly Row[]>;
}

export function besideFile(db: Database.Database): Beside {
  return {
    async insert(room, texts) {
      const insert = db.prepare("INSERT INTO messages (room, author_name, text) VALUES (?, 'Cron', ?)");
      db.transaction(() => {
        for (const text of texts) insert.run(room, text);
      })();
    },
    async slice(after, rooms, but) {
      const select = db.prepare(
        `SELECT id, text FROM messages WHERE id > ? AND author_id IS NOT ?
         AND room IN (${rooms.map(() => "?").join()}) ORDER BY id`,
      );
      return select.all(after, but, ...rooms) as Row[];
    },
  };
}

export function besidePostgres(client: pg.Client): Beside {
  return {
    async insert(room, texts) {
      await client.query(
        "INSERT INTO messages (room, author_name, text) SELECT $1, 'Cron', text FROM unnest($2::text[]) AS text",
        [room, texts],
      );
    },
    async slice(after, rooms, but) {
      const { rows } = await client.query<Row>(
        `SELECT id::float8, text FROM messages
         WHERE id > $1 AND author_id IS DISTINCT FROM $2::bigint::text AND room = ANY($3) ORDER BY id`,
        [after, but, rooms],
      );
      return rows;
    },
  };
}
