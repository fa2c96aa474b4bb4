/** express-session on our own database. */
import type { RequestHandler } from "express";
import session, { type SessionData, Store } from "express-session";
import type { Logger } from "./core/logger.js";
import { contentOf, type Sessions } from "./core/session.js";

export const SESSION_COOKIE = "parkbench.sid";
const SESSION_MS = 30 * 24 * 3600_000;
const PRUNE_ROWS = 500;
const PRUNE_MS = 10 * 60_000;

/**
 * `resave: false` keeps a parked request from undoing a sign-in, `saveUninitialized: false` keeps visitors who only
 * read from having a session at all (both measured). `secure: "auto"`, as a fixed `true` behind a proxy that ends TLS
 * sets no cookie and says nothing.
 */
export function sessions(rows: Sessions, secrets: readonly string[]): RequestHandler {
  return session({
    store: new RowStore(rows),
    secret: [...secrets],
    name: SESSION_COOKIE,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: "lax", secure: "auto", path: "/", maxAge: SESSION_MS },
  });
}

/** Removes expired sessions, a few at a time, every ten minutes. */
export function pruneSessions(rows: Sessions, logger: Logger): () => void {
  const prune = async () => {
    while ((await rows.prune(PRUNE_ROWS)) === PRUNE_ROWS);
  };
  const timer = setInterval(() => {
    prune().catch((error: unknown) => logger.warn({ err: error }, "expired sessions could not be removed"));
  }, PRUNE_MS);
  timer.unref();
  return () => clearInterval(timer);
}

class RowStore extends Store {
  readonly #rows: Sessions;

  constructor(rows: Sessions) {
    super();
    this.#rows = rows;
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#rows.read(id).then((record) => callback(null, record && sessionIn(record.data)), callback);
  }

  override set(id: string, data: SessionData, callback?: (error?: unknown) => void): void {
    const record = { data: JSON.stringify(data), expiresAt: expiryOf(data) };
    this.#rows.write(id, record).then(() => callback?.(), callback);
  }

  override destroy(id: string, callback?: (error?: unknown) => void): void {
    this.#rows.destroy(id).then(() => callback?.(), callback);
  }

  override touch(id: string, data: SessionData, callback?: () => void): void {
    const done = () => callback?.();
    // A touch that fails costs some of the session's life, not the request.
    this.#rows.touch(id, expiryOf(data)).then(done, done);
  }
}

/** A row that no session can be made of is no session: whoever has its cookie is signed out, and may sign in again. */
function sessionIn(data: string): SessionData | null {
  return contentOf(data) as SessionData | null;
}

function expiryOf({ cookie }: SessionData): number {
  return cookie.expires ? new Date(cookie.expires).getTime() : Date.now() + SESSION_MS;
}
