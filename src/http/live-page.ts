/** The text of an endless page: its beginning, rows as they come, its end with the way on. */
import type { Batch } from "../core/log.js";
import type { Message } from "../core/message.js";
import type { Room } from "../core/room.js";
import type { User } from "../core/user.js";
import type { Problem } from "./errors.js";
import type { End } from "./stream.js";
import { type CommonView, messageView, render } from "./views.js";

export interface LivePageParts {
  readonly common: CommonView;
  readonly room: Room;
  readonly user: User | null;
  readonly earlier: readonly Message[];
  /** Messages behind the reader's cursor have been removed. */
  readonly hasGap: boolean;
  readonly after: number;
  /** The address of the page that goes on behind a message. */
  readonly liveHref: (next: number) => string;
  /** When it is asked for if the end of this one has not come, in seconds. */
  readonly againS: number;
  readonly waitHref: (next: number) => string;
}

/** When the next page is asked for, in seconds. A browser without script that finds the server away shows its own error, and never comes again. */
const REFRESH_S: Readonly<Record<End, number>> = {
  life: 1,
  session: 1,
  client: 60,
  full: 10,
  closing: 10,
  slow: 1,
  failed: 10,
};

/** A mark for where the template is cut: nothing that a person can type, as everything typed is escaped. */
const CUT = "<!--cut-->";

/** Rows that no reader sees differently are rendered once for all. */
const rendered = new WeakMap<Batch, string>();

export class LivePage {
  readonly #parts: LivePageParts;
  /** Everything up to the first row that comes live. */
  readonly beginning: string;
  readonly #listEnd: string;
  readonly #pageEnd: string;

  constructor(parts: LivePageParts) {
    this.#parts = parts;
    const { room, user, earlier, after } = parts;
    const html = render("live", {
      ...parts.common,
      room,
      messages: earlier.map((message) => messageView(message, user)),
      newest: after,
      hasGap: parts.hasGap,
      waitHref: parts.waitHref(after),
      againHref: parts.liveHref(after),
      againS: parts.againS,
      cut: CUT,
    });
    const [beginning = "", listEnd = "", pageEnd = ""] = html.split(CUT);
    this.beginning = beginning;
    this.#listEnd = listEnd;
    this.#pageEnd = pageEnd;
  }

  rows(batch: Batch): string {
    const { user } = this.#parts;
    const isOwn = batch.messages.some(({ from }) => user !== null && from.id === user.id);
    if (isOwn) return renderRows(batch, user);
    const known = rendered.get(batch) ?? renderRows(batch, null);
    rendered.set(batch, known);
    return known;
  }

  /** The end of the list, and the way on as a refresh and as a link. A refresh in the body: the head went before the cursor was known. */
  end(next: number, why: End, problem: Problem | null): string {
    const way = render("_go_on", {
      href: this.#parts.liveHref(next),
      refreshS: problem && problem.status < 500 ? null : REFRESH_S[why],
      problem,
    });
    return `${this.#listEnd}${way}${this.#pageEnd}`;
  }
}

function renderRows(batch: Batch, user: User | null): string {
  return batch.messages
    .map((message) => render("_message", { message: messageView(message, user), fresh: true }))
    .join("");
}
