/** Acts on control rows: what another process, or this one, says has ended. */
import type { Control } from "../core/control.js";
import type { Logger } from "../core/logger.js";
import type { Tail } from "../core/tail.js";
import type { Parking } from "./parking.js";

const ROWS_PER_READ = 100;

/** Reads control rows on the tail's bell, from the newest there is now on. Kinds it does not know are passed over. */
export async function watchControl(
  control: Control,
  tail: Tail,
  parking: Parking,
  cache: { clear(): void },
  logger: Logger,
): Promise<void> {
  let seen = await control.newest();
  let reading = false;
  let rung = false;

  tail.onRing(() => {
    rung = true;
    if (!reading) void read();
  });

  async function read(): Promise<void> {
    reading = true;
    try {
      while (rung) {
        rung = false;
        const rows = await control.since(seen, ROWS_PER_READ);
        if (rows.length > 0) cache.clear();
        for (const { id, kind, subject } of rows) {
          seen = id;
          if (kind === "session") parking.releaseSession(subject);
        }
        if (rows.length === ROWS_PER_READ) rung = true;
      }
    } catch (error) {
      logger.warn({ err: error }, "control rows could not be read; the next ring tries again");
    } finally {
      reading = false;
    }
  }
}
