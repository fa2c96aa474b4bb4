/** How often somebody may send: by session, by address, and in a room that is slow. */
import { ParkbenchError } from "../core/errors.js";
import { type Limits, SENDS_WINDOW_S, SLOW_S_MAX } from "../core/limits.js";
import type { Appended } from "../core/log.js";
import { type Limit, type Rates, within } from "../core/rates.js";
import type { Room } from "../core/room.js";
import type { Asker } from "../identity/identity.js";
import type { Addresses } from "./address.js";

/** Who sends; the name, folded, of a one-shot author, else null. */
export interface Sender {
  readonly asker: Asker;
  readonly folded: string | null;
  readonly address: string;
}

export class SendLimits {
  readonly #rates: Rates;
  readonly #limits: Limits;
  readonly #addresses: Addresses;

  constructor(rates: Rates, limits: Limits, addresses: Addresses) {
    this.#rates = rates;
    this.#limits = limits;
    this.#addresses = addresses;
  }

  /** Rejects with `too_many_sends` or `slow_mode`, which say when to send again, or as `store` does. What adds nothing counts nothing. */
  within(room: Room, sender: Sender, store: () => Promise<Appended>): Promise<Appended> {
    return within(this.#rates, this.#of(room, sender), store, ({ outcome }) => outcome === "appended");
  }

  #of(room: Room, { asker, folded, address }: Sender): Limit[] {
    const { sendsPerAddressMax, sendsPerSessionMax } = this.#limits;
    const limits: Limit[] = [];
    const counted = this.#addresses.counted(address);
    if (counted !== null && Number.isFinite(sendsPerAddressMax))
      limits.push({
        key: `sends by address ${counted}`,
        max: sendsPerAddressMax,
        windowS: SENDS_WINDOW_S,
        refusal: (waitS) => tooMany("Too much is being sent from your address", waitS),
      });
    if (asker.session !== null && Number.isFinite(sendsPerSessionMax))
      limits.push({
        key: `sends by session ${asker.session}`,
        max: sendsPerSessionMax,
        windowS: SENDS_WINDOW_S,
        refusal: (waitS) => tooMany("You are sending too fast", waitS),
      });
    // Moderators will not be slowed: whoever knows who they are leaves this one out for them.
    if (room.slowS > 0) limits.push(slowness(room, slowSenderOf(asker, folded, counted)));
    return limits;
  }
}

/**
 * Whoever is signed in has a turn of their own. All others of one address share one, as anybody can give another name
 * with each message; by name only where addresses are not counted.
 */
function slowSenderOf({ user }: Asker, folded: string | null, counted: string | null): string {
  if (user) return `user ${typeof user.id} ${user.id}`;
  return counted === null ? `name ${folded}` : `address ${counted}`;
}

/** The figure is part of the key: when it is changed, nobody waits for what it was before. */
function slowness({ name, slowS }: Room, sender: string): Limit {
  const windowS = Math.min(slowS, SLOW_S_MAX);
  return {
    key: `slow ${name} ${windowS} ${sender}`,
    max: 1,
    windowS,
    refusal: (waitS) =>
      new ParkbenchError(
        "slow_mode",
        `This room is slow: one message in ${seconds(windowS)}. You may speak again in ${seconds(waitS)}.`,
        { retryAfterS: waitS },
      ),
  };
}

function tooMany(what: string, waitS: number): ParkbenchError {
  return new ParkbenchError(
    "too_many_sends",
    `${what}. This message was not stored: send it again in ${seconds(waitS)}.`,
    { retryAfterS: waitS },
  );
}

/** For a person: whole minutes once seconds mean nothing any more. */
export function seconds(count: number): string {
  if (count >= 600) return `${Math.ceil(count / 60)} minutes`;
  return count === 1 ? "1 second" : `${count} seconds`;
}
