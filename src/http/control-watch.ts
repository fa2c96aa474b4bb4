/** Acts on control rows: what another process, or this one, says has ended or is forbidden. */
import type { Awaitable } from "../core/awaitable.js";
import type { Logger } from "../core/logger.js";
import type { Store } from "../core/store.js";
import type { Tail } from "../core/tail.js";
import type { RestrictedList } from "./moderation-list.js";
import type { Presence } from "./moderation-presence.js";
import type { Parking } from "./parking.js";

export interface ControlWatchParts {
  readonly store: Pick<Store, "control" | "moderation">;
  readonly tail: Tail;
  readonly parking: Parking;
  readonly presence: Presence;
  /** Kept in step with the database. */
  readonly list: RestrictedList;
  readonly cache: { clear(): void };
  readonly logger: Logger;
}

export interface ControlWatch {
  /** Nothing where what control rows say is known here; else resolves when it is. Never rejects. */
  current(): Awaitable<void>;
}

const ROWS_PER_READ = 100;
/** While nobody waits nobody listens, and each request looks for itself; not more often than the bell would. */
const LOOK_MS = 10;
/** A ring that was heard does not come again. */
const REREAD_MS = 1000;
const RENAMED_MAX = 1000;
const RESTRICTIONS = new Set(["ban", "unban", "mute", "unmute"]);

/** Reads control rows on the tail's bell, from the newest there is now on. Kinds it does not know are passed over. */
export async function watchControl(parts: ControlWatchParts): Promise<ControlWatch> {
  const { tail, parking, presence, list, cache, logger } = parts;
  const { control, moderation } = parts.store;
  /** Sessions that have changed their name since a restriction came last. */
  const renamed = new Set<string>();
  let seen = await control.newest();
  list.replace(await moderation.restrictions());
  let reading: Promise<void> | null = null;
  let rung = false;
  let readAtMs = performance.now();
  let again: NodeJS.Timeout | null = null;

  tail.onRing(() => void read());
  return {
    current() {
      if (reading) return reading;
      if (tail.following || performance.now() - readAtMs < LOOK_MS) return;
      return read();
    },
  };

  function read(): Promise<void> {
    rung = true;
    reading ??= readAll().finally(() => {
      reading = null;
      readAtMs = performance.now();
    });
    return reading;
  }

  function readAgain(): void {
    again = null;
    void read();
  }

  /** Whoever stays is known by the name that they came under. They come back under the new one, if that is not banned. */
  function recallRenamed(): void {
    for (const session of renamed) parking.recallSession(session);
    renamed.clear();
  }

  async function readAll(): Promise<void> {
    try {
      while (rung) {
        rung = false;
        const rows = await control.since(seen, ROWS_PER_READ);
        if (rows.length > 0) cache.clear();
        for (const { kind, subject } of rows) if (kind === "renamed") renamed.add(subject);
        // First: when it fails, the next ring tries again with the same rows.
        if (rows.some(({ kind }) => RESTRICTIONS.has(kind))) {
          list.replace(await moderation.restrictions());
          presence.releaseBanned();
          recallRenamed();
        }
        if (renamed.size > RENAMED_MAX) recallRenamed();
        for (const { id, kind, subject } of rows) {
          seen = id;
          if (kind === "session") parking.releaseSession(subject);
        }
        if (rows.length === ROWS_PER_READ) rung = true;
      }
    } catch (error) {
      logger.warn({ err: error }, "control rows could not be read; they are read again in a second");
      if (again === null && !tail.isClosed) again = setTimeout(readAgain, REREAD_MS).unref();
    }
  }
}
