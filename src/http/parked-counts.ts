/** How many stay in this process, in all and from each address of this machine, and whether one more may. */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../core/limits.js";
import type { Addresses } from "./address.js";

export type ParkedBounds = Pick<Limits, "parkedMax" | "parkedPerAddressMax" | "parkedPerSessionMax">;

/** Those who stay from one address. */
export interface AddressCount {
  readonly name: string;
  staying: number;
}

/** Who stays in the other processes of this machine, as they said a moment ago. */
export interface ParkedElsewhere {
  /** How many there are, this one included. */
  readonly processes: number;
  of(address: string): number;
  /** From now on the others are told of `many`, over and over. */
  tell(many: ReadonlySet<AddressCount>): void;
}

/** Where all processes have left unsaid as much as they may, that is this part of the limit. */
const UNSAID_PART = 1 / 8;

export class ParkedCounts {
  readonly #addresses: Addresses;
  readonly #bounds: ParkedBounds;
  readonly #countsAddresses: boolean;
  readonly #byAddress = new Map<string, AddressCount>();
  readonly #elsewhere: ParkedElsewhere | null;
  /** Addresses with so many that the other processes must know: a thousandth of all in a crowd. */
  readonly #many = new Set<AddressCount>();
  readonly #manyMin: number;
  #staying = 0;

  constructor(addresses: Addresses, bounds: ParkedBounds, elsewhere: ParkedElsewhere | null = null) {
    this.#addresses = addresses;
    this.#bounds = bounds;
    this.#countsAddresses = Number.isFinite(bounds.parkedPerAddressMax);
    this.#elsewhere = this.#countsAddresses ? elsewhere : null;
    this.#manyMin = Math.ceil((bounds.parkedPerAddressMax * UNSAID_PART) / (elsewhere?.processes ?? 1));
    this.#elsewhere?.tell(this.#many);
  }

  /** Addresses from which somebody stays now. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  /** What a request is counted under; null where its address is not counted. */
  nameOf(req: IncomingMessage): string | null {
    return this.#countsAddresses ? this.#addresses.countedOf(req) : null;
  }

  /** `ofSession`: how many stay of the asking session; 0 without one. */
  isFull(name: string | null, ofSession: number): boolean {
    const { parkedMax, parkedPerSessionMax, parkedPerAddressMax } = this.#bounds;
    // Those are counted, too, who are at no tail now because they do not take what was written.
    return (
      this.#staying >= parkedMax ||
      ofSession >= parkedPerSessionMax ||
      (name !== null && this.#ofAddress(name) >= parkedPerAddressMax)
    );
  }

  enter(name: string | null): AddressCount | null {
    this.#staying += 1;
    if (name === null) return null;
    const count = this.#byAddress.get(name) ?? { name, staying: 0 };
    if (count.staying === 0) this.#byAddress.set(name, count);
    count.staying += 1;
    if (count.staying === this.#manyMin && this.#elsewhere) this.#many.add(count);
    return count;
  }

  /** Once, with what `enter` gave. */
  leave(count: AddressCount | null): void {
    this.#staying -= 1;
    if (count === null) return;
    count.staying -= 1;
    if (count.staying < this.#manyMin) this.#many.delete(count);
    if (count.staying === 0) this.#byAddress.delete(count.name);
  }

  #ofAddress(name: string): number {
    return (this.#byAddress.get(name)?.staying ?? 0) + (this.#elsewhere?.of(name) ?? 0);
  }
}
