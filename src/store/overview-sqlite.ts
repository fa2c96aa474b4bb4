/** What an owner looks at before acting, rooms and users, in SQLite. */
import type { KnownUser, RoomState } from "../core/moderation.js";
import type { Connection, Statement } from "./connection.js";

interface RoomRow {
  readonly name: string;
  readonly title: string;
  readonly closed: number;
  readonly slow_s: number;
  readonly messages: number;
}

export class Overview {
  readonly #rooms: Statement;
  readonly #users: Statement;
  readonly #user: Statement;

  constructor(db: Connection) {
    this.#rooms = db.prepare(
      "SELECT name, title, closed, slow_s, (SELECT count(*) FROM messages WHERE room = name) AS messages " +
        "FROM rooms ORDER BY name <> 'lobby', name",
    );
    this.#users = db.prepare(
      "SELECT id, name, seen_at AS seenAt FROM users WHERE folded = coalesce(?, folded) ORDER BY id DESC LIMIT ?",
    );
    this.#user = db.prepare("SELECT id, name, seen_at AS seenAt FROM users WHERE id = ?");
  }

  rooms(): readonly RoomState[] {
    return (this.#rooms.all() as RoomRow[]).map(({ closed, slow_s, ...room }) => ({
      ...room,
      closed: closed !== 0,
      slowS: slow_s,
    }));
  }

  users(folded: string | null, limit: number): readonly KnownUser[] {
    return this.#users.all(folded, limit) as KnownUser[];
  }

  user(id: number): KnownUser | null {
    return (this.#user.get(id) as KnownUser | undefined) ?? null;
  }
}
