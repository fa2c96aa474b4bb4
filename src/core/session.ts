/** Sessions at rest, under the ids that cookies carry. */

export interface SessionRecord {
  /** The session's content as JSON. */
  readonly data: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

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
