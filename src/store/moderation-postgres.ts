/** Acts of moderation in PostgreSQL: each is one statement with its row in the audit and its control row. */
import { ParkbenchError } from "../core/errors.js";
import {
  type AuditEntry,
  CODE_MS,
  type KnownUser,
  type Moderation,
  type Moderator,
  type Removed,
  type Restriction,
  type RestrictionKind,
  type RoomState,
  type Subject,
  type Terms,
} from "../core/moderation.js";
import { type Act, Acts, type ActsParts } from "./acts-postgres.js";
import * as CHANGES from "./changes-postgres.js";
import { hashOf, newCode } from "./moderator-codes.js";
import { PostgresOverview } from "./overview-postgres.js";

export class PostgresModeration implements Moderation {
  readonly #acts: Acts;
  readonly #overview: PostgresOverview;
  readonly #now: () => number;

  constructor(parts: ActsParts) {
    this.#acts = new Acts(parts);
    this.#overview = new PostgresOverview(parts.db, parts.now);
    this.#now = parts.now;
  }

  async remove(messageId: number, by: string): Promise<Removed> {
    const act = { by, action: "remove", subject: `${messageId}` };
    const done = await this.#acts.act<[room: string, author: string]>(act, CHANGES.REMOVE, [messageId]);
    if (!done) {
      const isThere = await this.#overview.hasMessage(messageId);
      const why = isThere ? `Message ${messageId} was removed before.` : `There is no message ${messageId}.`;
      throw new ParkbenchError("no_message", why);
    }
    // The old version of the row stays in the table's file until a VACUUM, and longer in the server's WAL.
    return { room: done[0], author: done[1], isErased: false };
  }

  async restrict(kind: RestrictionKind, subject: Subject, terms: Terms, by: string): Promise<void> {
    const { untilMs, reason } = terms;
    const until = untilMs === null ? "" : `until ${new Date(untilMs).toISOString()}`;
    const detail = [until, reason].filter(Boolean).join(": ");
    const act = { by, action: kind, subject: nameOf(subject) };
    await this.#acts.act(act, CHANGES.RESTRICT, [kind, subject.kind, subject.value, untilMs, reason, detail]);
  }

  lift(kind: RestrictionKind, subject: Subject, by: string): Promise<boolean> {
    const act = { by, action: `un${kind}`, subject: nameOf(subject) };
    return this.#isDone(act, CHANGES.LIFT, [kind, subject.kind, subject.value]);
  }

  restrictions(): Promise<readonly Restriction[]> {
    return this.#overview.restrictions();
  }

  setClosed(room: string, isClosed: boolean, by: string): Promise<void> {
    return this.#actOnRoom(
      { by, action: isClosed ? "close" : "open", subject: room },
      CHANGES.CLOSE,
      isClosed,
    );
  }

  setSlow(room: string, slowS: number, by: string): Promise<void> {
    return this.#actOnRoom({ by, action: "slow", subject: room }, CHANGES.SLOW, slowS);
  }

  async makeCode(label: string, by: string): Promise<string> {
    const code = newCode();
    const act = { by, action: "code", subject: label };
    await this.#acts.act(act, CHANGES.ADD_CODE, [hashOf(code), this.#now() + CODE_MS]);
    return code;
  }

  redeem(code: string, userId: number, by: string): Promise<boolean> {
    const act = { by, action: "moderator", subject: `user ${userId}` };
    return this.#isDone(act, CHANGES.REDEEM, [hashOf(code), userId]);
  }

  isModerator(userId: number): Promise<boolean> {
    return this.#overview.isModerator(userId);
  }

  moderators(): Promise<readonly Moderator[]> {
    return this.#overview.moderators();
  }

  revoke(userId: number, by: string): Promise<boolean> {
    return this.#isDone({ by, action: "revoke", subject: `user ${userId}` }, CHANGES.REVOKE, [userId]);
  }

  audit(limit: number): Promise<readonly AuditEntry[]> {
    return this.#overview.audit(limit);
  }

  rooms(): Promise<readonly RoomState[]> {
    return this.#overview.rooms();
  }

  users(folded: string | null, limit: number): Promise<readonly KnownUser[]> {
    return this.#overview.users(folded, limit);
  }

  user(id: number): Promise<KnownUser | null> {
    return this.#overview.user(id);
  }

  async #isDone(act: Act, change: string, values: readonly unknown[]): Promise<boolean> {
    return (await this.#acts.act(act, change, values)) !== null;
  }

  async #actOnRoom(act: Act, change: string, value: unknown): Promise<void> {
    if (!(await this.#isDone(act, change, [value])))
      throw new ParkbenchError("no_room", `There is no room "${act.subject}" here.`);
  }
}

function nameOf({ kind, value }: Subject): string {
  return `${kind} ${value}`;
}
