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

  /** Tells the reader, for whom rows count more than whatever came first. */
  answer(why: Wake | "failed", error?: unknown): void {
    const { reader, batch } = this;
    if (why === "failed") reader.fail(error);
    else reader.wake(batch, batch.messages.length > 0 ? "rows" : why);
  }

  leave(): void {
    this.#ends.forget(this);
  }

  release(): void {
    this.#ends.settle(this, "released");
  }
}
