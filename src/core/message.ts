/** What a message is: stored with an id (`Message`) or not yet (`Draft`). */

/** Who wrote, as named then. `id` is null for a one-shot author or a foreign program's row. */
export interface Author {
  readonly id: UserId | null;
  readonly name: string;
}

/** Parkbench's own users have numeric ids; a host application may use whatever it has. */
export type UserId = number | string;

/** A row of the log. `at` is Unix milliseconds. */
export interface Message {
  readonly id: number;
  readonly room: string;
  readonly kind: string;
  readonly from: Author;
  readonly text: string;
  readonly at: number;
  readonly nonce: string | null;
  /** For kinds that a host sends: a JSON object of up to 8 KiB. */
  readonly data: Readonly<Record<string, unknown>> | null;
  /** The id that an `edit` or `delete` means. */
  readonly ref: number | null;
}

/** A message before the log has given it an id and a time. */
export interface Draft {
  readonly room: string;
  readonly author: Author;
  readonly text: string;
  /** Default `message`. */
  readonly kind?: string;
  /** The sender's own key for this message, so that a retry is recognised. */
  readonly nonce?: string | null;
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly ref?: number | null;
}
