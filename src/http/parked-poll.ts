/** A poll while it waits: its place at the tail, and what it is answered with. */
import type { Counts } from "../core/counts.js";
import type { Batch, MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import type { Place, Reader, Wake } from "../core/reader.js";
import type { Tail } from "../core/tail.js";
import type { User } from "../core/user.js";
import type { Asker } from "../identity/identity.js";
import type { PollEncoder } from "./encode.js";
import { problemOf } from "./errors.js";
import type { Exchange } from "./exchange.js";
import type { Guest } from "./guest.js";
import { retryMs } from "./jitter.js";
import type { Listed, Parking } from "./parking.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { heardBy, type Reading } from "./reading.js";
import { newestPage } from "./start.js";

export interface ParkedPollParts {
  readonly log: MessageLog;
  readonly tail: Tail;
  readonly rooms: ReadableRooms;
  readonly parking: Parking;
  readonly encoder: PollEncoder;
  readonly counts: Counts;
  readonly logger: Logger;
}

/** Holds neither request nor session: tens of thousands of these are what the process consists of. */
export class ParkedPoll implements Reader, Guest {
  readonly rooms: readonly string[];
  readonly limit: number;
  after: number;
  readonly #parts: ParkedPollParts;
  /** Whose own rows are left out, and whose rights are asked again; null where neither is. */
  readonly #user: User | null;
  readonly #echo: boolean;
  #untilMs = 0;
  readonly #exchange: Exchange;
  #place: Place | null = null;
  #listed: Listed | null = null;

  constructor(parts: ParkedPollParts, asked: Reading, exchange: Exchange, { user }: Asker, after: number) {
    this.#parts = parts;
    this.#exchange = exchange;
    this.rooms = asked.rooms;
    this.limit = asked.limit;
    this.after = after;
    this.#echo = asked.echo;
    this.#user = asked.echo && !parts.rooms.arePrivate ? null : user;
  }

  park(listed: Listed, waitMs: number): void {
    this.#exchange.waiting = this;
    this.#listed = listed;
    if (!this.#echo) this.#untilMs = performance.now() + waitMs;
    this.#enter(waitMs);
  }

  wake(batch: Batch, why: Wake): void {
    if (batch.gap !== undefined) {
      this.#reset();
      return;
    }
    const last = batch.messages.at(-1);
    const heard = heardBy(batch, this.#user, this.#echo);
    // Nothing but what the reader wrote itself: it waits on, behind it.
    if (last && heard.messages.length === 0) {
      this.after = last.id;
      this.#enter(this.#untilMs - performance.now());
      return;
    }
    this.#unlist();
    if (last && this.#parts.rooms.arePrivate) this.#ifReadable(() => this.#answer(heard, last.id));
    else if (last) this.#answer(heard, last.id);
    else {
      const empty = this.#parts.encoder.empty(this.after, why === "timeout" ? 0 : retryMs(why === "closing"));
      this.#exchange.answer(empty, why === "closing");
    }
  }

  fail(error: unknown): void {
    this.#unlist();
    this.#exchange.refuse(problemOf(error, this.#parts.logger));
  }

  leave(): void {
    this.#place?.leave();
    this.#unlist();
  }

  release(): void {
    this.#place?.release();
  }

  #unlist(): void {
    if (this.#listed) this.#parts.parking.unlist(this.#exchange.connection, this, this.#listed);
    this.#listed = null;
  }

  #enter(waitMs: number): void {
    const before = this.#place;
    const place = this.#parts.tail.enter(this, waitMs);
    // It may have been answered, or have entered again, before this returned.
    if (this.#place === before) this.#place = place;
  }

  /** Messages behind the cursor have been removed: the newest page, as for a cursor that means nothing here. */
  #reset(): void {
    const { log, encoder } = this.#parts;
    this.#unlist();
    // A next request on the connection would come before the page.
    this.#exchange.waiting = {
      release: () => this.#exchange.answer(encoder.empty(this.after, retryMs(false)), false),
    };
    this.#ifReadable(async () => {
      const { page, next } = await newestPage(log, this.rooms, this.limit, { reset: "gap" });
      this.#exchange.answer(encoder.page(heardBy(page, this.#user, this.#echo), next, "gap"), false);
    });
  }

  /** Rights may have gone while the reader was parked. */
  #ifReadable(answer: () => void | Promise<void>): void {
    Promise.resolve(this.#parts.rooms.mustRead(this.#user, this.rooms))
      .then(answer)
      .catch((error: unknown) => this.#exchange.refuse(problemOf(error, this.#parts.logger)));
  }

  #answer(heard: Batch, next: number): void {
    if (!this.#exchange.isOver) this.#parts.counts.delivered.poll += heard.messages.length;
    this.#exchange.answer(this.#parts.encoder.rows(heard, next), false);
  }
}
