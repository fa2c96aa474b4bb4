/** What a host application sends itself: any kind, with data, in its own name or a user's. */
import { ParkbenchError } from "./core/errors.js";
import type { Author, Draft, Message } from "./core/message.js";
import type { Store } from "./core/store.js";
import { noRoom } from "./http/readable-rooms.js";

/** A message that the host application sends: any kind, with data, in its own name or a user's. */
export interface HostDraft {
  readonly room: string;
  /** Default "". */
  readonly text?: string;
  /** Default `message`. Small letters, digits, "_" and "-". */
  readonly kind?: string;
  /** Default: no id, and the name "system". */
  readonly author?: Author;
  readonly nonce?: string;
  /** A JSON object of up to 8 KiB. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The id that an `edit` or `delete` means. */
  readonly ref?: number;
}

/** Stores it and resolves once it is on disk. Throws TypeError for a kind that is none, else a ParkbenchError. */
export async function sendForHost(store: Store, draft: HostDraft): Promise<Message> {
  const { room, text = "", kind = "message", author = { id: null, name: "system" } } = draft;
  if (!/^[a-z][a-z0-9_-]{0,31}$/.test(kind))
    throw new TypeError(`"kind" must be small letters, digits, "_" and "-", not "${kind}"`);
  if (!(await store.rooms.find(room))) throw noRoom(room);
  const row: Draft = {
    room,
    text,
    kind,
    author,
    nonce: draft.nonce ?? null,
    data: draft.data ?? null,
    ref: draft.ref ?? null,
  };
  const { outcome, message } = await store.log.append(row);
  if (outcome === "conflict")
    throw new ParkbenchError("nonce_reused", "This nonce was used before for another message.");
  return message;
}
