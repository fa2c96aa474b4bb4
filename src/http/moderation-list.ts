/** Who is banned or muted now, in memory: asked on every request, and no more than a look while nobody is. */
import type { Restriction, RestrictionKind, Subject } from "../core/moderation.js";
import { foldName, type User } from "../core/user.js";
import { type Addresses, countedForm, isLoopback } from "./address.js";

type Lists = Readonly<Record<Subject["kind"], Map<string, Restriction>>>;

export class RestrictedList {
  readonly #addresses: Addresses;
  #bans = emptyLists();
  #mutes = emptyLists();
  #hasBans = false;
  #hasMutes = false;

  constructor(addresses: Addresses) {
    this.#addresses = addresses;
  }

  /** All that hold now. */
  replace(restrictions: readonly Restriction[]): void {
    const lists: Record<RestrictionKind, Lists> = { ban: emptyLists(), mute: emptyLists() };
    for (const restriction of restrictions)
      if (this.#isMeant(restriction)) {
        const { kind, subject } = restriction;
        lists[kind][subject.kind].set(subject.value, restriction);
      }
    this.#bans = lists.ban;
    this.#mutes = lists.mute;
    this.#hasBans = isFilled(lists.ban);
    this.#hasMutes = isFilled(lists.mute);
  }

  get hasBans(): boolean {
    return this.#hasBans;
  }

  /** `address` as a request has it. The user's name counts as well as the id. */
  banOf(user: User | null, address: string | null): Restriction | null {
    return this.#hasBans ? find(this.#bans, user, address) : null;
  }

  muteOf(user: User | null, address: string | null): Restriction | null {
    return this.#hasMutes ? find(this.#mutes, user, address) : null;
  }

  /** Another program, or a server with another TRUST_PROXY, may have written what would keep out everybody here. */
  #isMeant({ subject }: Restriction): boolean {
    return subject.kind !== "address" || this.#addresses.trustsProxy || !isLoopback(subject.value);
  }
}

function emptyLists(): Lists {
  return { user: new Map(), name: new Map(), address: new Map() };
}

function isFilled(lists: Lists): boolean {
  return Object.values(lists).some(({ size }) => size > 0);
}

function find(lists: Lists, user: User | null, address: string | null): Restriction | null {
  return (
    (user && holding(lists.user.get(String(user.id)))) ??
    (user && lists.name.size > 0 ? holding(lists.name.get(foldName(user.name))) : null) ??
    // Only where it matters: what an address counts as costs more to find out than all the rest.
    (address !== null && lists.address.size > 0
      ? holding(lists.address.get(countedForm(address) ?? ""))
      : null)
  );
}

/** One whose time is over is lifted by that alone. */
function holding(restriction: Restriction | undefined): Restriction | null {
  if (!restriction) return null;
  return restriction.untilMs === null || restriction.untilMs > Date.now() ? restriction : null;
}
