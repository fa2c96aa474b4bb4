/** Who may moderate: as the host says, or whoever has typed an owner's code. */
import type { Awaitable } from "../core/awaitable.js";
import { ParkbenchError } from "../core/errors.js";
import type { Moderation } from "../core/moderation.js";
import type { User } from "../core/user.js";
import type { Identity } from "../identity/identity.js";

export class ModerationRights {
  readonly #identity: Identity;
  /** Null where the host says who people are: then codes are worth nothing. */
  readonly #marks: Moderation | null;

  constructor(identity: Identity, marks: Moderation | null) {
    this.#identity = identity;
    this.#marks = marks;
  }

  /** Whether a code can make somebody a moderator here. */
  get haveCodes(): boolean {
    return this.#marks !== null;
  }

  has(user: User | null): Awaitable<boolean> {
    if (!user) return false;
    if (this.#identity.mayModerate) return this.#identity.mayModerate(user);
    return this.#marks && typeof user.id === "number" ? this.#marks.isModerator(user.id) : false;
  }

  /** The user; throws `not_signed_in` or `not_moderator`. */
  async demand(user: User | null): Promise<User> {
    if (!user) throw new ParkbenchError("not_signed_in", "Sign in first: a moderator is a user.");
    if (await this.has(user)) return user;
    throw new ParkbenchError(
      "not_moderator",
      "You are no moderator. Whoever runs this server can give you a code, to be typed on the page for moderators.",
    );
  }
}
