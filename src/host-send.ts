/** What a host application sends itself: any kind, with data, in its own name or a user's. */
import { decodeData, encodeData } from "./core/data.js";
import { ParkbenchError } from "./core/errors.js";
import { NAME_CODE_POINTS_MAX, TEXT_CODE_POINTS_MAX } from "./core/limits.js";
import type { Author, Draft, Message } from "./core/message.js";
import type { Store } from "./core/store.js";
import { isClean, isLonger, NONCE } from "./core/text.js";
import { noRoom } from "./http/readable-rooms.js";

/** A message that the host application sends: any kind, with data, in its own name or a user's. */
export interface HostDraft {
  readonly room: string;
  /** At most 4,000 characters. Default "". */
  readonly text?: string;
  /** Default `message`. Small letters, digits, "_" and "-". */
  readonly kind?: string;
  /** A name of 1 to 40 characters. Default: no id, and the name "system". */
  readonly author?: Author;
  /** 1 to 64 of letters, digits, "_" and "-". */
  readonly nonce?: string;
  /** A JSON object of up to 8 KiB. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The id that an `edit` or `delete` means. */
  readonly ref?: number;
}

const SYSTEM: Author = { id: null, name: "system" };

/** Stores it and resolves once it is on disk. Throws TypeError for a draft that cannot be, else a ParkbenchError. */
export async function sendForHost(store: Store, draft: HostDraft): Promise<Message> {
  const row = rowOf(draft);
  if (!(await store.rooms.find(row.room))) throw noRoom(row.room);
  const { outcome, message } = await store.log.append(row);
  if (outcome === "conflict")
    throw new ParkbenchError("nonce_reused", "This nonce was used before for another message.");
  return message;
}

/** The row as readers will get it: what a host changes in its draft from here on is no part of it. */
function rowOf(draft: HostDraft): Draft {
  demand(isObject(draft), "A message", 'an object with a "room"');
  const { room, text = "", kind = "message", author = SYSTEM, nonce = null, ref = null } = draft;
  demand(typeof room === "string", '"room"', "a string");
  demand(
    isText(text, TEXT_CODE_POINTS_MAX),
    '"text"',
    `a string of at most ${TEXT_CODE_POINTS_MAX} characters, without NUL and without half a character`,
  );
  demand(isLike(/^[a-z][a-z0-9_-]{0,31}$/, kind), '"kind"', 'small letters, digits, "_" and "-"');
  demand(isObject(author), '"author"', 'an object with "id" and "name"');
  const { id, name } = author;
  demand(
    id === null || Number.isFinite(id) || isText(id, Number.POSITIVE_INFINITY),
    '"author.id"',
    "a number, a string or null",
  );
  demand(
    name !== "" && isText(name, NAME_CODE_POINTS_MAX),
    '"author.name"',
    `a string of 1 to ${NAME_CODE_POINTS_MAX} characters, without NUL and without half a character`,
  );
  demand(nonce === null || isLike(NONCE, nonce), '"nonce"', '1 to 64 of letters, digits, "_" and "-"');
  demand(ref === null || (Number.isSafeInteger(ref) && ref >= 0), '"ref"', "a whole number, 0 or more");
  return { room, text, kind, author: { id, name }, nonce, data: dataOf(draft.data ?? null), ref };
}

function demand(holds: boolean, field: string, must: string): void {
  if (!holds) throw new TypeError(`${field} must be ${must}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isLike(pattern: RegExp, value: unknown): boolean {
  return typeof value === "string" && pattern.test(value);
}

function isText(value: unknown, codePointsMax: number): boolean {
  return typeof value === "string" && !isLonger(value, codePointsMax) && isClean(value);
}

/** There and back, as a reader gets it. Throws `too_large` beyond the bounds. */
function dataOf(data: Message["data"]): Message["data"] {
  if (data === null) return null;
  const carried = isPlain(data) ? carry(data) : null;
  demand(carried !== null, '"data"', "a plain object that JSON can carry");
  return carried;
}

function isPlain(value: unknown): boolean {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of another realm, too (node:vm), whose Object.prototype is another object.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function carry(data: Message["data"]): Message["data"] {
  try {
    return decodeData(encodeData(data) ?? "");
  } catch (error) {
    if (error instanceof ParkbenchError) throw error;
    // A BigInt, or a method of the data's own that fails: JSON.stringify names no field.
    return null;
  }
}
