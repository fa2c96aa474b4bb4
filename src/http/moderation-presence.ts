/** Who stays in this process now, by what a ban may be about: whoever is banned is let go at once. */
import type { IncomingMessage } from "node:http";
import { Crowd, type CrowdPlace } from "../core/crowd.js";
import type { User } from "../core/user.js";
import type { Addresses } from "./address.js";
import type { Guest } from "./guest.js";
import type { RestrictedList } from "./moderation-list.js";

/** Somebody who stays. */
export interface Present {
  readonly guest: Guest;
  readonly user: User | null;
  readonly address: string;
}

export class Presence {
  readonly #crowd = new Crowd<Present>();
  readonly #list: RestrictedList;
  readonly #addresses: Addresses;

  constructor(list: RestrictedList, addresses: Addresses) {
    this.#list = list;
    this.#addresses = addresses;
  }

  /** Until the place is left. Null for who can be banned by nothing: a guest at a loopback address that nobody counts. */
  enter(req: IncomingMessage, guest: Guest, user: User | null): CrowdPlace<Present> | null {
    if (user === null && this.#addresses.countedOf(req) === null) return null;
    const present = { guest, user, address: this.#addresses.of(req) };
    // The ban may have come between the question who it is and now. In a turn of its own: whoever is being listed
    // cannot be answered yet.
    if (this.#isBanned(present)) setImmediate(() => guest.release("session"));
    return this.#crowd.enter(present);
  }

  /** What they are told is for their next request to hear. */
  releaseBanned(): void {
    if (!this.#list.hasBans) return;
    for (const { member } of this.#crowd.places())
      if (this.#isBanned(member)) member.guest.release("session");
  }

  #isBanned({ user, address }: Present): boolean {
    return this.#list.banOf(user, address) !== null;
  }
}
