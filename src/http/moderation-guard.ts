/** Refuses who is banned, in front of everything that asks who somebody is; and who is muted, when they write. */
import type { IncomingMessage } from "node:http";
import { type Awaitable, andThen } from "../core/awaitable.js";
import { ParkbenchError } from "../core/errors.js";
import type { Restriction } from "../core/moderation.js";
import type { User } from "../core/user.js";
import type { Identity } from "../identity/identity.js";
import type { Addresses } from "./address.js";
import type { RestrictedList } from "./moderation-list.js";
import { untilWords } from "./moderation-subject.js";

export class Guard {
  readonly #list: RestrictedList;
  readonly #addresses: Addresses;
  readonly #current: () => Awaitable<void>;

  /** `current`: resolves, or returns at once, when the list is no older than a bell takes. */
  constructor(list: RestrictedList, addresses: Addresses, current: () => Awaitable<void>) {
    this.#list = list;
    this.#addresses = addresses;
    this.#current = current;
  }

  /** The same people; `identify` throws `banned`. Every transport and page asks it first, so none can be forgotten. */
  over(identity: Identity): Identity {
    const identify = (req: IncomingMessage) => {
      const waiting = this.#current();
      if (!waiting && !this.#list.hasBans) return identity.identify(req);
      return andThen(waiting, () =>
        andThen(identity.identify(req), (user) => {
          this.refuse(req, user);
          return user;
        }),
      );
    };
    // Method by method: a host's object may keep its methods in a class, or look at `this`.
    return {
      identify,
      ...(identity.sessionOf && { sessionOf: identity.sessionOf.bind(identity) }),
      ...(identity.mayRead && { mayRead: identity.mayRead.bind(identity) }),
      ...(identity.mayPost && { mayPost: identity.mayPost.bind(identity) }),
      ...(identity.mayModerate && { mayModerate: identity.mayModerate.bind(identity) }),
    };
  }

  /** Throws `banned`. */
  refuse(req: IncomingMessage, user: User | null): void {
    if (!this.#list.hasBans) return;
    const ban = this.#list.banOf(user, this.#addresses.of(req));
    if (ban) throw banned(ban);
  }

  /** Throws `banned` for a name that may not be taken. */
  refuseName(name: string): void {
    const ban = this.#list.banOf({ id: "", name }, null);
    if (ban) throw banned(ban);
  }

  /** Throws `banned` or `muted`, for who writes under a name without a session, too. */
  refuseWriter({ id, name }: { id: User["id"] | null; name: string }, address: string): void {
    const user = { id: id ?? "", name };
    const ban = this.#list.banOf(user, address);
    if (ban) throw banned(ban);
    const mute = this.#list.muteOf(user, address);
    if (!mute) return;
    const why = mute.reason === "" ? "" : ` The reason given: ${mute.reason}.`;
    throw new ParkbenchError(
      "muted",
      `You may read here, but not write${untilWords(mute)}.${why} Nothing was sent.`,
    );
  }
}

function banned(ban: Restriction): ParkbenchError {
  const why = ban.reason === "" ? "" : ` The reason given: ${ban.reason}.`;
  return new ParkbenchError("banned", `You are banned from this chat${untilWords(ban)}.${why}`);
}
