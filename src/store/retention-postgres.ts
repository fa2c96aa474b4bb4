/** Removes old messages from PostgreSQL, few at a time. */
import type { Pruned, Retention } from "../core/retention.js";
import type { Pooled } from "./pooled.js";

export class PostgresRetention implements Retention {
  constructor(_db: Pooled, _now: () => number) {}
  claim = (): Promise<boolean> => Promise.resolve(false);
  pruneOld = (): Promise<Pruned> => notYet();
  pruneRoom = (): Promise<Pruned> => notYet();
  roomAfter = (): Promise<string | null> => notYet();
  roomsSince = (): Promise<{ readonly rooms: readonly string[]; readonly last: number | null }> => notYet();
  back = (): Promise<number | null> => notYet();
  forgetNonces = (): Promise<Pruned> => notYet();
}

function notYet(): never {
  throw new Error("not written yet");
}
