/** What an owner or a moderator looks at before acting, in PostgreSQL. */
import type {
  AuditEntry,
  KnownUser,
  Moderator,
  Restriction,
  RestrictionKind,
  RoomState,
  Subject,
} from "../core/moderation.js";
import type { Pooled } from "./pooled.js";

type RestrictionRow = readonly [
  kind: RestrictionKind,
  subjectKind: Subject["kind"],
  subject: string,
  until: number | null,
  reason: string,
  by: string,
  at: number,
];
type ModeratorRow = readonly [
  userId: number,
  name: string | null,
  label: string,
  since: number,
  seenAt: number | null,
];
type AuditRow = readonly [
  id: number,
  actor: string,
  action: string,
  subject: string,
  detail: string,
  at: number,
];
type RoomRow = readonly [name: string, title: string, closed: boolean, slowS: number, messages: number];
type UserRow = readonly [id: number, name: string, seenAt: number];

export class PostgresOverview {
  readonly #db: Pooled;
  readonly #now: () => number;

  constructor(db: Pooled, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  async restrictions(): Promise<readonly Restriction[]> {
    const rows = await this.#db.read<RestrictionRow>(
      `SELECT kind, subject_kind, subject, until, reason, created_by, created_at FROM restrictions
       WHERE until IS NULL OR until > $1 ORDER BY created_at DESC, id DESC`,
      [this.#now()],
    );
    return rows.map(([kind, of, value, untilMs, reason, by, at]) => ({
      kind,
      subject: { kind: of, value },
      untilMs,
      reason,
      by,
      at,
    }));
  }

  /** A user who has signed out is nobody any more, whatever request was under way. */
  async isModerator(userId: number): Promise<boolean> {
    const sql = "SELECT FROM moderators JOIN users ON id = user_id WHERE user_id = $1 AND seen_at > 0";
    return (await this.#db.read(sql, [userId])).length > 0;
  }

  async moderators(): Promise<readonly Moderator[]> {
    const rows = await this.#db.read<ModeratorRow>(
      `SELECT user_id, name, label, moderators.created_at, seen_at FROM moderators LEFT JOIN users ON id = user_id
       ORDER BY moderators.created_at, user_id`,
      [],
    );
    return rows.map(([userId, name, label, since, seenAt]) => ({
      userId,
      name: name ?? "",
      label,
      since,
      isGone: !seenAt,
    }));
  }

  async audit(limit: number): Promise<readonly AuditEntry[]> {
    const rows = await this.#db.read<AuditRow>(
      "SELECT id, actor, action, subject, detail, at FROM audit ORDER BY id DESC LIMIT $1",
      [limit],
    );
    return rows.map(([id, actor, action, subject, detail, at]) => ({
      id,
      actor,
      action,
      subject,
      detail,
      at,
    }));
  }

  async rooms(): Promise<readonly RoomState[]> {
    // By code points, as SQLite sorts.
    const rows = await this.#db.read<RoomRow>(
      `SELECT name, title, closed, slow_s, (SELECT count(*) FROM messages WHERE room = name) FROM rooms
       ORDER BY name <> 'lobby', name COLLATE "C"`,
      [],
    );
    return rows.map(([name, title, closed, slowS, messages]) => ({ name, title, closed, slowS, messages }));
  }

  /** Newest first; those who bear the folded name, or with null all. */
  async users(folded: string | null, limit: number): Promise<readonly KnownUser[]> {
    const rows = await this.#db.read<UserRow>(
      "SELECT id, name, seen_at FROM users WHERE $1::text IS NULL OR folded = $1 ORDER BY id DESC LIMIT $2",
      [folded, limit],
    );
    return rows.map(toUser);
  }

  async user(id: number): Promise<KnownUser | null> {
    const [row] = await this.#db.read<UserRow>("SELECT id, name, seen_at FROM users WHERE id = $1", [id]);
    return row ? toUser(row) : null;
  }

  /** Whether there is such a message, be it removed. */
  async hasMessage(id: number): Promise<boolean> {
    const sql = "SELECT FROM messages WHERE id = $1 AND kind <> 'delete'";
    return (await this.#db.read(sql, [id])).length > 0;
  }
}

function toUser([id, name, seenAt]: UserRow): KnownUser {
  return { id, name, seenAt };
}
