/** A reader of the chat that goes on by itself, over whatever transport it is told to take next. */
import { randomBytes } from "node:crypto";
import { turn } from "../support/turn.js";
import { Line } from "./line.js";

export interface Row {
  readonly id: number;
  readonly text: string;
}

/** What a reader asks for. */
export interface Place {
  /** The chat's address. */
  readonly url: string;
  readonly rooms: readonly string[];
  /** Who asks; default nobody. */
  readonly member?: { readonly cookie: string; readonly token: string };
  /** Default true. */
  readonly echo?: boolean;
}

/** What a reader has, and where it is. */
export interface Journal {
  readonly client: string;
  readonly cursor: string;
  /** Where the last page leads, when the last thing read was a page. */
  page: string | null;
  take(rows: readonly Row[], next: string): void;
  /** The cursor meant nothing there: what there was is forgotten. */
  reset(): void;
}

/** How one connection ended: with an answer, with the way on, or without a word. */
export type End = "answered" | "goodbye" | "cut";

export interface Transport {
  readonly name: string;
  readonly roomsMax: number;
  /** Does it know `echo=0`? */
  readonly leavesOut: boolean;
  /** Does it say where the cursor is when all that came was left out? */
  readonly tellsCursor: boolean;
  /** One request or connection, from the journal's cursor until it is over; rejects when it was cut. */
  leg(journal: Journal, place: Place, line: Line): Promise<End>;
}

export class Reader implements Journal {
  readonly client = randomBytes(6).toString("hex");
  readonly rows: Row[] = [];
  readonly ends: End[] = [];
  cursor = "";
  page: string | null = null;
  resets = 0;
  /** Why the last connection that was cut was cut. */
  error: unknown = null;
  readonly #line = new Line();
  readonly #next: () => Transport;
  #running: Promise<void> = Promise.resolve();
  #isOpen = false;

  /** `next` is asked before each connection. */
  constructor(next: () => Transport) {
    this.#next = next;
  }

  open(place: Place, cursor: string): void {
    if (this.#isOpen) throw new Error("is open");
    this.cursor = cursor;
    this.page = null;
    this.#isOpen = true;
    this.#running = this.#run(place);
  }

  /** Resets the connection; the reader comes back by itself. */
  cut(): void {
    this.#line.cut();
  }

  /** Reads nothing until released. */
  hold(): void {
    this.#line.hold();
  }

  release(): void {
    this.#line.release();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#line.release();
    this.#line.close();
    await this.#running;
  }

  take(rows: readonly Row[], next: string): void {
    this.rows.push(...rows);
    this.cursor = next;
    // It led on from a cursor of before.
    this.page = null;
  }

  reset(): void {
    this.rows.length = 0;
    this.resets++;
  }

  describe(): string {
    const { rows, cursor, ends, error } = this;
    return `${rows.length} rows, cursor ${cursor}, ends ${ends.slice(-5).join(" ")}, ${String(error)}`;
  }

  async #run(place: Place): Promise<void> {
    while (this.#isOpen) {
      await this.#line.flowing();
      if (!this.#isOpen) return;
      const end = await this.#next()
        .leg(this, place, this.#line)
        .catch((error: unknown): End => {
          this.error = error;
          return "cut";
        });
      if (end === "cut") this.page = null;
      this.ends.push(end);
      await turn();
    }
  }
}

export function idOf(cursor: string): number {
  return Number.parseInt(cursor, 10);
}
