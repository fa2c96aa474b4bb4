/** Sessions at rest, under the ids that cookies carry. */

export interface SessionRecord {
  /** The session's content as JSON. */
  readonly data: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A session's content; null for anything that express-session could not take for a session. */
export function contentOf(data: string): Readonly<Record<string, unknown>> | null {
  let content: unknown;
  try {
    content = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(content) || !isObject(content.cookie)) return null;
  const { maxAge, originalMaxAge } = content.cookie;
  return [maxAge, originalMaxAge].every((ms) => ms == null || typeof ms === "number") ? content : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An expiry that moves by less is not written: a touch on every request would be a flush on every request. */
export const SESSION_TOUCH_MS = 3_600_000;

/** The session ids in the database are SHA-256 hashes: who reads the file cannot take over a session. */
export interface Sessions {
  /** An expired session is null, pruned or not. */
  read(id: string): Promise<SessionRecord | null>;
  write(id: string, record: SessionRecord): Promise<void>;
  /** Moves the expiry, and writes only when it moves by more than an hour: a touch on every request is a flush on every request. */
  touch(id: string, expiresAt: number): Promise<void>;
  destroy(id: string): Promise<void>;
  /** Removes at most `limit` expired sessions and resolves with how many it removed. */
  prune(limit: number): Promise<number>;
}
