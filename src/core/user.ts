/** Who asks, and the names that are held. */
import type { UserId } from "./message.js";
import { withoutJoiners } from "./text.js";

export interface User {
  readonly id: UserId;
  readonly name: string;
}

/** A name as shown, and folded (NFKC, case-folded) as compared. */
export interface Name {
  readonly shown: string;
  readonly folded: string;
}

/** A name stays held this long after its user last signed in, sent or loaded a page. */
export const NAME_HELD_MS = 30 * 60_000;
/** A page load or a send is a flushed write at most this often. */
export const NAME_TOUCH_MS = 60_000;

/**
 * Parkbench's own users: a name that is held while its user is about. No method lets two users hold one folded
 * name at the same time; the check and the write are one transaction.
 */
export interface Users {
  /** Rejects with `name_taken`. */
  create(name: Name): Promise<User>;
  /** Gives a user another name, same id. Rejects with `name_taken`. */
  rename(id: UserId, name: Name): Promise<User>;
  /** Whether anybody but `exceptId` holds the name. */
  isHeld(folded: string, exceptId?: UserId | null): Promise<boolean>;
  /**
   * Says the user is about, so that the name stays held. Writes at most once a minute. Rejects with `name_taken`
   * when the user was away for longer than the name is held and somebody else holds it now. Resolves with the
   * user as known now: whoever is renamed elsewhere is not written under the name of before.
   */
  touch(id: UserId): Promise<User>;
  /** Lets the name go at once: a sign-out. From then on `touch` and `rename` reject with `not_signed_in`. */
  release(id: UserId): Promise<void>;
}

/**
 * The form in which names are compared: Unicode's NFKC with case folded away. Through upper case, so that letters with
 * several lower forms (sharp s, final sigma, long s) meet in one; first to lower, as the capital sharp s has no upper.
 */
export function foldName(name: string): string {
  // Most names, at a tenth of the cost.
  if (/^[ -~]*$/.test(name)) return name.toLowerCase();
  return withoutJoiners(name).normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}
