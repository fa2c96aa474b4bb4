/** A reader's place at the tail: where it stands, and what is due to it. */
import type { CrowdPlace } from "./crowd.js";
import { type Batch, EMPTY } from "./log.js";
import type { Place, Reader, Wake } from "./reader.js";

/** What a seat asks of the tail it belongs to. */
export interface Ends {
  forget(seat: Seat): void;
  settle(seat: Seat, why: Wake): void;
}

/** One object per parked reader, without closures: there are tens of thousands of them. */
export class Seat implements Place {
  readonly reader: Reader;
  readonly #ends: Ends;
  /** `reading`: its own first read is under way. `parked`: nothing for it up to `seen`. `woken`: has its batch. */
  state: "reading" | "parked" | "woken" | "done" = "reading";
  /** A batch with rows for it went by while it was reading: read again before parking. */
  rung = false;
  batch: Batch = EMPTY;
  /** In its rooms. */
  places: CrowdPlace<Seat> | readonly CrowdPlace<Seat>[] = [];
  deadline: CrowdPlace<Seat> | null = null;

  constructor(reader: Reader, ends: Ends) {
    this.reader = reader;
    this.#ends = ends;
  }

  leave(): void {
    this.#ends.forget(this);
  }

  release(): void {
    this.#ends.settle(this, "released");
  }
}
