/** What an owner or a moderator may do, and the record of it. */

/** `ban`: may not be here at all. `mute`: may read, not write. */
export type RestrictionKind = "ban" | "mute";

/**
 * Whom a restriction is about. `user`: an id, as text. `name`: folded, whoever bears it. `address`: in the form in which
 * addresses are counted, IPv4 or the /64 of an IPv6 address.
 */
export interface Subject {
  readonly kind: "user" | "name" | "address";
  readonly value: string;
}

export interface Terms {
  /** Unix milliseconds; null: until it is lifted. */
  readonly untilMs: number | null;
  readonly reason: string;
}

export interface Restriction extends Terms {
  readonly kind: RestrictionKind;
  readonly subject: Subject;
  /** Who said so. */
  readonly by: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** One act, as it was done. Never the text of a message. */
export interface AuditEntry {
  readonly id: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: string;
  /** Unix milliseconds. */
  readonly at: number;
}

export interface Moderator {
  readonly userId: number;
  /** As the user is called now. */
  readonly name: string;
  /** The name that the owner gave when making the code. */
  readonly label: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** Has signed out, and cannot come back as this user. */
  readonly isGone: boolean;
}

export interface RoomState {
  readonly name: string;
  readonly title: string;
  readonly closed: boolean;
  /** Between two messages of one sender, in seconds; 0: no such rule. */
  readonly slowS: number;
  readonly messages: number;
}

export interface KnownUser {
  readonly id: number;
  readonly name: string;
  /** Unix milliseconds; 0: has signed out. */
  readonly seenAt: number;
}

/** What became of a removed message. */
export interface Removed {
  readonly room: string;
  readonly author: string;
  /** The text is in none of the database's files any more; else it goes with the next checkpoint that can be whole. */
  readonly isErased: boolean;
}

/** A one-time code is good for so long. */
export const CODE_MS = 15 * 60_000;

/**
 * Acts of moderation. Each is one transaction with its row in the audit and its control row, by which every process hears
 * of it at once. `by` is who acts, as the audit shall name them: `owner`, or a user.
 *
 * Every method may reject with what a MessageLog rejects with.
 */
export interface Moderation {
  /** A `delete` row tells readers; text and data are gone. Rejects with `no_message`, also for one removed before. */
  remove(messageId: number, by: string): Promise<Removed>;

  /** Takes the place of what was said about this subject before. */
  restrict(kind: RestrictionKind, subject: Subject, terms: Terms, by: string): Promise<void>;
  /** False, with nothing written, when there was nothing to lift. */
  lift(kind: RestrictionKind, subject: Subject, by: string): Promise<boolean>;
  /** Those whose time is not over, newest first. */
  restrictions(): Promise<readonly Restriction[]>;

  /** Readers may stay. Rejects with `no_room`. */
  setClosed(room: string, isClosed: boolean, by: string): Promise<void>;
  /** Rejects with `no_room`. */
  setSlow(room: string, slowS: number, by: string): Promise<void>;

  /** A new code for whom `label` names; only its hash is kept. */
  makeCode(label: string, by: string): Promise<string>;
  /** Marks a user as a moderator; false, with nothing written, for a code that is wrong, used or too old. */
  redeem(code: string, userId: number, by: string): Promise<boolean>;
  isModerator(userId: number): Promise<boolean>;
  moderators(): Promise<readonly Moderator[]>;
  /** False, with nothing written, when the user is none. */
  revoke(userId: number, by: string): Promise<boolean>;

  /** Newest first. */
  audit(limit: number): Promise<readonly AuditEntry[]>;
  /** With how many messages they hold, `lobby` first. */
  rooms(): Promise<readonly RoomState[]>;
  /** Newest first; those who bear the folded name, or with null all. */
  users(folded: string | null, limit: number): Promise<readonly KnownUser[]>;
  /** One of Parkbench's own users, or null. */
  user(id: number): Promise<KnownUser | null>;
}
