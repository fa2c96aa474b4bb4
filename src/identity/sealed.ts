/** Sessions of people who keep no cookies: a sealed id that travels in a hidden field of every form, never in a URL. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Sessions } from "../core/session.js";
import { asMembership, type Membership } from "./session-identity.js";

const LIFE_MS = 12 * 3600_000;
/** How long a form that made a session, sent once more (a reload), is answered with that same session. */
const RECALL_MS = 10 * 60_000;
const PRUNE_ROWS = 100;

const VALUE = /^sealed1\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

/** A session that a form has made: who it is, and the field's value that carries it on. */
export interface SealedSession {
  readonly membership: Membership;
  readonly value: string;
}

export class SealedSessions {
  readonly #sessions: Sessions;
  readonly #keys: readonly Buffer[];
  readonly #epoch: string;

  /** The first secret seals, all of them open. `epoch` is the log's: user ids mean nothing in another database. */
  constructor(sessions: Sessions, secrets: readonly string[], epoch: string) {
    this.#sessions = sessions;
    this.#keys = secrets.map(keyOf);
    this.#epoch = epoch;
  }

  /** Null for a value that is not ours or was changed, and for a session that expired or ended. */
  async find(value: string): Promise<Membership | null> {
    const id = this.#open(value);
    const record = id === null ? null : await this.#sessions.read(row(id));
    const held = asMembership(record && contentOf(record.data).parkbench);
    return held?.epoch === this.#epoch ? held : null;
  }

  /**
   * Makes a session and returns its field's value. `form` names the form that asked for it, so that `recall` knows it
   * again; the id is made of a random salt and of it, so that what is at rest gives nobody the id.
   */
  async start(membership: Membership, form: string | null): Promise<string> {
    const salt = randomBytes(16).toString("base64url");
    const id = this.#idOf(salt, form);
    // Without `cookie`, express-session could not take it for one of its own even if a cookie named it.
    const data = JSON.stringify({ parkbench: membership });
    await this.#sessions.write(row(id), { data, expiresAt: Date.now() + LIFE_MS });
    if (form !== null) {
      const made = { data: JSON.stringify({ salt }), expiresAt: Date.now() + RECALL_MS };
      await this.#sessions.write(formRow(form), made);
    }
    // An embedded chat has nobody else who does it; what fails now is done at the next sign-in.
    void this.#sessions.prune(PRUNE_ROWS).catch(() => {});
    return this.#seal(id);
  }

  /** The session that this very form has made in the last ten minutes, while it lives. */
  async recall(form: string): Promise<SealedSession | null> {
    const record = await this.#sessions.read(formRow(form));
    const salt = record && contentOf(record.data).salt;
    if (typeof salt !== "string") return null;
    const value = this.#seal(this.#idOf(salt, form));
    const membership = await this.find(value);
    return membership && { membership, value };
  }

  async end(value: string): Promise<void> {
    const id = this.#open(value);
    if (id !== null) await this.#sessions.destroy(row(id));
  }

  #idOf(salt: string, form: string | null): string {
    return this.#mac(`id ${salt} ${form ?? ""}`).slice(0, 22);
  }

  #seal(id: string): string {
    return `sealed1.${id}.${this.#mac(`seal ${id}`)}`;
  }

  #mac(content: string): string {
    const [key = ""] = this.#keys;
    return mac(key, content);
  }

  #open(value: string): string | null {
    const [, id, seal] = VALUE.exec(value) ?? [];
    if (id === undefined || seal === undefined) return null;
    return this.#keys.some((key) => equal(seal, mac(key, `seal ${id}`))) ? id : null;
  }
}

/** A key of its own: neither a cookie's signature nor a form token is worth anything here, nor the reverse. */
function keyOf(secret: string): Buffer {
  return createHmac("sha256", secret).update("parkbench: sealed sessions").digest();
}

function mac(key: Buffer | string, content: string): string {
  return createHmac("sha256", key).update(content).digest("base64url");
}

function equal(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** Names of their own among the rows: express-session's ids hold no colon. */
function row(id: string): string {
  return `sealed:${id}`;
}

function formRow(form: string): string {
  return `sealed-form:${form}`;
}

function contentOf(data: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(data)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
