/** Acts of moderation in SQLite: each is one transaction with its row in the audit and its control row. */
import { ParkbenchError } from "../core/errors.js";
import type {
  AuditEntry,
  KnownUser,
  Moderation,
  Moderator,
  Removed,
  Restriction,
  RestrictionKind,
  RoomState,
  Subject,
  Terms,
} from "../core/moderation.js";
import { type Act, Audit } from "./audit-sqlite.js";
import type { Connection, Statement } from "./connection.js";
import { newCode } from "./moderator-codes.js";
import { Moderators } from "./moderators-sqlite.js";
import { Overview } from "./overview-sqlite.js";
import type { Reader } from "./reader.js";
import { Removal } from "./removal-sqlite.js";
import { Restrictions } from "./restrictions-sqlite.js";
import type { Writer } from "./writer.js";

export interface ModerationParts {
  readonly db: Connection;
  readonly reader: Reader;
  readonly writer: Writer;
  readonly now: () => number;
}

export class SqliteModeration implements Moderation {
  readonly #parts: ModerationParts;
  readonly #audit: Audit;
  readonly #restrictions: Restrictions;
  readonly #moderators: Moderators;
  readonly #removal: Removal;
  readonly #close: Statement;
  readonly #slow: Statement;
  readonly #overview: Overview;

  constructor(parts: ModerationParts) {
    const { db, now } = parts;
    this.#parts = parts;
    this.#audit = new Audit(db, now);
    this.#restrictions = new Restrictions(db, now);
    this.#moderators = new Moderators(db, now);
    this.#removal = new Removal(db, now);
    this.#close = db.prepare("UPDATE rooms SET closed = ? WHERE name = ?");
    this.#slow = db.prepare("UPDATE rooms SET slow_s = ? WHERE name = ?");
    this.#overview = new Overview(db);
  }

  async remove(messageId: number, by: string): Promise<Removed> {
    const { room, author } = await this.#act(() => {
      const found = this.#removal.remove(messageId);
      const detail = `in ${found.room}, by ${found.author}`;
      this.#audit.keep({ by, action: "remove", subject: `${messageId}`, detail });
      return found;
    });
    return { room, author, isErased: this.#removal.erase() };
  }

  async restrict(kind: RestrictionKind, subject: Subject, terms: Terms, by: string): Promise<void> {
    const until = terms.untilMs === null ? "" : `until ${new Date(terms.untilMs).toISOString()}`;
    const detail = [until, terms.reason].filter(Boolean).join(": ");
    await this.#act(() => {
      this.#restrictions.put(kind, subject, terms, by);
      this.#audit.keep({ by, action: kind, subject: nameOf(subject), detail });
    });
  }

  lift(kind: RestrictionKind, subject: Subject, by: string): Promise<boolean> {
    return this.#actIf(() => this.#restrictions.drop(kind, subject), {
      by,
      action: `un${kind}`,
      subject: nameOf(subject),
    });
  }

  restrictions(): Promise<readonly Restriction[]> {
    return this.#parts.reader.read(() => this.#restrictions.all());
  }

  setClosed(room: string, isClosed: boolean, by: string): Promise<void> {
    const act = { by, action: isClosed ? "close" : "open", subject: room };
    return this.#actOnRoom(() => this.#close.run(isClosed ? 1 : 0, room), act);
  }

  setSlow(room: string, slowS: number, by: string): Promise<void> {
    const act = { by, action: "slow", subject: room, detail: `${slowS} s` };
    return this.#actOnRoom(() => this.#slow.run(slowS, room), act);
  }

  async makeCode(label: string, by: string): Promise<string> {
    const code = newCode();
    await this.#act(() => {
      this.#moderators.addCode(code, label);
      this.#audit.keep({ by, action: "code", subject: label });
    });
    return code;
  }

  redeem(code: string, userId: number, by: string): Promise<boolean> {
    return this.#act(() => {
      const found = this.#moderators.find(code);
      if (!found || !this.#moderators.mark(userId, found.label)) return false;
      this.#moderators.spend(found);
      const detail = `with the code for ${found.label}`;
      this.#audit.keep({ by, action: "moderator", subject: `user ${userId}`, detail });
      return true;
    });
  }

  isModerator(userId: number): Promise<boolean> {
    return this.#parts.reader.read(() => this.#moderators.is(userId));
  }

  moderators(): Promise<readonly Moderator[]> {
    return this.#parts.reader.read(() => this.#moderators.all());
  }

  revoke(userId: number, by: string): Promise<boolean> {
    const act = { by, action: "revoke", subject: `user ${userId}` };
    return this.#actIf(() => this.#moderators.drop(userId), act);
  }

  audit(limit: number): Promise<readonly AuditEntry[]> {
    return this.#parts.reader.read(() => this.#audit.newest(limit));
  }

  rooms(): Promise<readonly RoomState[]> {
    return this.#parts.reader.read(() => this.#overview.rooms());
  }

  users(folded: string | null, limit: number): Promise<readonly KnownUser[]> {
    return this.#parts.reader.read(() => this.#overview.users(folded, limit));
  }

  user(id: number): Promise<KnownUser | null> {
    return this.#parts.reader.read(() => this.#overview.user(id));
  }

  /** What has happened is read on the bell. */
  #act<T>(job: () => T): Promise<T> {
    return this.#parts.writer.write(job, { rings: true });
  }

  /** Kept only if there was something to do. */
  #actIf(job: () => boolean, act: Act): Promise<boolean> {
    return this.#act(() => {
      const isDone = job();
      if (isDone) this.#audit.keep(act);
      return isDone;
    });
  }

  async #actOnRoom(change: () => { changes: number }, act: Act): Promise<void> {
    if (!(await this.#actIf(() => change().changes > 0, act)))
      throw new ParkbenchError("no_room", `There is no room "${act.subject}" here.`);
  }
}

function nameOf({ kind, value }: Subject): string {
  return `${kind} ${value}`;
}
