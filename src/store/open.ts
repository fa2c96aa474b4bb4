/** Opens the database that DATABASE_URL names. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ParkbenchError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { Store } from "../core/store.js";
import { openSqlite } from "./sqlite.js";

export interface OpenOptions {
  /** A path, a `file:` URL or path, or a `postgres://` address. */
  readonly url: string;
  /** PostgreSQL only: a direct address for the connection that listens, where `url` leads to a pooler. */
  readonly listenUrl?: string | undefined;
  readonly logger?: Logger | undefined;
  /** Called once when the database is not the one that was opened any more: nothing is acknowledged from then on. */
  readonly onLost?: ((error: Error) => void) | undefined;
  /** The clock for expiry, held names and message times; for tests. */
  readonly now?: () => number;
  /** Of the text in one batch, about; one message always fits. Default: that of `LIMITS`. */
  readonly answerBytesMax?: number;
}

/**
 * Makes the database when there is none, brings its schema up to date, and tries a read and a write. Rejects with a
 * ParkbenchError whose text is for the person who starts the program: what is wrong, and what to do.
 */
export async function openStore({ url, listenUrl, logger, ...options }: OpenOptions): Promise<Store> {
  if (isPostgres(url)) {
    // Only then: a chat on a file needs no driver of PostgreSQL.
    const { openPostgres } = await import("./postgres.js");
    return openPostgres({ url, listenUrl, logger, ...options });
  }
  return openSqlite({ path: pathOf(url), ...options });
}

export function isPostgres(url: string): boolean {
  return /^postgres(ql)?:/i.test(url);
}

/** The file that a DATABASE_URL means, as an absolute path. */
export function pathOf(url: string): string {
  if (url.trim() === "" || url === ":memory:") {
    throw unusable("DATABASE_URL must name a file, for example data/parkbench.db.");
  }
  if (/^file:/i.test(url)) return resolve(fromFileUrl(url));
  if (/^[a-z][a-z0-9+.-]+:\/\/|^sqlite3?:/i.test(url)) {
    throw unusable(
      `DATABASE_URL is "${url.split(":")[0]}:...", which Parkbench does not know. Give a path, a file: URL or a postgres:// URL.`,
    );
  }
  return resolve(url);
}

/** `file:data/a.db` is relative, as in other programs; the URL parser would make it `/data/a.db`. */
function fromFileUrl(url: string): string {
  if (/[?#]/.test(url))
    throw unusable("A file: DATABASE_URL takes no parameters: leave out what follows the path.");
  try {
    return /^file:\/\//i.test(url) ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length));
  } catch (error) {
    throw unusable(`DATABASE_URL "${url}" is not a file: URL that names a file on this machine.`, error);
  }
}

function unusable(text: string, cause?: unknown): ParkbenchError {
  return new ParkbenchError("storage_failed", text, { cause });
}
