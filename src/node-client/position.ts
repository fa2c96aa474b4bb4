/** How far the reading has come: what of an answer is new, and where to go on. */
import { type Answer, isCursor, isMessage, type Message } from "./answer.js";
import { ChatError } from "./errors.js";

/** A row, and the cursor of whoever has it. */
export interface Entry {
  readonly message: Message;
  readonly cursor: string;
}

export class Position {
  #since: string | null;

  /** A cursor, `now`, or null for the newest page. */
  constructor(since: string | null) {
    this.#since = since;
  }

  /** As an address carries it; null: without. */
  get since(): string | null {
    return this.#since;
  }

  /**
   * The rows that are new, ascending. An answer that a cache or a proxy gives a second time holds none, and never sets the
   * position back: only a `reset` does.
   */
  take(answer: Answer): readonly Entry[] {
    const { messages, next, reset } = answer;
    const epoch = epochOf(next);
    const known = isCursor(this.#since) && !reset ? this.#since : null;
    if (known !== null && epochOf(known) !== "" && epoch !== epochOf(known))
      throw new ChatError(200, "garbled", "The answer is about another database, and does not say so.");
    let last = known === null ? -1 : idOf(known);
    const fresh: Entry[] = [];
    for (const message of messages) {
      if (!isMessage(message) || message.id <= last) continue;
      last = message.id;
      fresh.push({ message, cursor: `${message.id}${epoch && `-${epoch}`}` });
    }
    if (known === null || idOf(next) > idOf(known) || epochOf(known) === "") this.#since = next;
    return fresh;
  }
}

function idOf(cursor: string): number {
  return Number.parseInt(cursor, 10);
}

function epochOf(cursor: string): string {
  return cursor.split("-")[1] ?? "";
}
