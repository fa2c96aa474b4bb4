/** The rows behind one memory log or several: ids, nonces, and whom a change rings. */
import type { Appended, RoomSet } from "../../src/core/log.js";
import type { Author, Draft, Message } from "../../src/core/message.js";
import { foldName } from "../../src/core/user.js";

const NOBODY: Author = { id: null, name: "Ana" };

export class MemoryTable {
  readonly epoch = Math.random().toString(36).slice(2, 8).padEnd(6, "0");
  /** All rows there are, ascending. */
  readonly rows: Message[] = [];
  /** The bells of the logs on this table. */
  readonly bells = new Set<() => void>();
  /** The highest id ever given. */
  newest = 0;
  /** Up to which id each room has been pruned. */
  readonly #pruned = new Map<string, number>();
  readonly #byNonce = new Map<string, Message>();

  /** Adds a row that is visible at once, and rings nobody. */
  insert(draft: Partial<Draft> & Pick<Draft, "room">): Message {
    const { room, author, text = "hello", kind = "message", nonce = null, data = null, ref = null } = draft;
    this.newest++;
    const { id, name } = author ?? NOBODY;
    const rest = { text: wellFormed(text), kind, nonce, data, ref, at: Date.now() };
    const message: Message = { id: this.newest, room, from: { id, name }, ...rest };
    this.rows.push(message);
    if (author && nonce !== null) this.#byNonce.set(keyOf(author, nonce), message);
    const at = kind === "delete" ? this.#find(ref, room) : -1;
    const emptied = this.rows[at];
    if (emptied) this.rows[at] = { ...emptied, text: "", data: null };
    return message;
  }

  remove(id: number): void {
    const at = this.rows.findIndex((row) => row.id === id);
    if (at !== -1) this.rows.splice(at, 1);
  }

  /** Removes the room's rows up to an id, as keeping less does. */
  prune(room: string, upto: number): void {
    const gone = this.rows.filter((row) => row.room === room && row.id <= upto);
    for (const { id } of gone) this.remove(id);
    this.#pruned.set(room, Math.max(this.#pruned.get(room) ?? 0, gone.at(-1)?.id ?? 0));
  }

  /** The highest id that was pruned of these rooms. */
  prunedUpto(rooms: RoomSet): number {
    const names = rooms === "all" ? [...this.#pruned.keys()] : rooms;
    return Math.max(0, ...names.map((room) => this.#pruned.get(room) ?? 0));
  }

  /** What the author's nonce stands for; a row that was removed since is still known. */
  recall({ author, nonce = null, ...draft }: Draft): Appended | null {
    const first = nonce === null ? undefined : this.#byNonce.get(keyOf(author, nonce));
    if (!first) return null;
    const row = this.rows.find(({ id }) => id === first.id);
    const isSame =
      draft.room === first.room &&
      wellFormed(draft.text) === first.text &&
      (draft.kind ?? "message") === first.kind;
    return { outcome: isSame ? "repeated" : "conflict", message: row ?? first };
  }

  ring(): void {
    for (const ring of [...this.bells]) ring();
  }

  #find(ref: number | null, room: string): number {
    return this.rows.findIndex((row) => row.id === ref && row.room === room);
  }
}

function keyOf({ id, name }: Author, nonce: string): string {
  return `${id === null ? `name ${foldName(name)}` : `${typeof id} ${id}`} ${nonce}`;
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}
