/** The contract of keeping less: how a store removes messages for their age or their number, few at a time. */

/** What one batch has removed, and whether the same call would remove more. */
export interface Pruned {
  readonly rows: number;
  readonly more: boolean;
}

/**
 * Removes messages from the start of the log or of a room, in the order of their ids, and never one from the middle. What
 * is gone is written down in the same transaction: `MessageLog.since` says `gap` from then on.
 *
 * A batch is so small that sends do not notice it. All methods may be called in several processes at once, which does the
 * work twice and no harm. They reject as those of a `MessageLog` do.
 */
export interface Retention {
  /**
   * Takes or renews the claim to prune, for `forMs`. False while another process has it; that of a process which has
   * died ends by itself, also when the clock has been set back.
   */
  claim(forMs: number): Promise<boolean>;

  /**
   * The oldest messages of all rooms, with ids up to `upto`, as long as they were written more than `ageMs` ago. Other
   * programs give any time: one in the future tells nothing, and such a message goes when a later one is old enough.
   */
  pruneOld(ageMs: number, upto: number): Promise<Pruned>;

  /** The oldest messages of a room, with ids up to `upto`. */
  pruneRoom(room: string, upto: number): Promise<Pruned>;

  /** The name of a room that has messages, after `room` in some order; null behind the last. Null asks for the first. */
  roomAfter(room: string | null): Promise<string | null>;

  /** The rooms of the next messages with an id above `after` and up to `upto`; `last` is null when there are none. */
  roomsSince(
    after: number,
    upto: number,
  ): Promise<{ readonly rooms: readonly string[]; readonly last: number | null }>;

  /** The id of the room's `count`th message below the id `before`, counted backwards; null when it has fewer. */
  back(room: string, before: number, count: number): Promise<number | null>;

  /** Lets go of nonces whose messages were removed more than `ageMs` ago. */
  forgetNonces(ageMs: number): Promise<Pruned>;
}
