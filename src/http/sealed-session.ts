/** Signing in, renaming and signing out for those who keep no cookies: what /session does, with a sealed session. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Control } from "../core/control.js";
import { NONCE } from "../core/text.js";
import type { Name, Users } from "../core/user.js";
import { type Asker, NOBODY } from "../identity/identity.js";
import type { SealedSession, SealedSessions } from "../identity/sealed.js";
import type { Membership } from "../identity/session-identity.js";
import type { Addresses } from "./address.js";
import { sealedEnded } from "./ask.js";
import { typed } from "./form.js";
import { OneByOne } from "./one-by-one.js";
import type { Fields } from "./request.js";
import type { SignInLimit } from "./sign-in-limit.js";

export interface SealedSignInParts {
  readonly sealed: SealedSessions;
  readonly users: Users;
  readonly control: Control;
  readonly addresses: Addresses;
  readonly signInLimit: SignInLimit;
  readonly epoch: string;
}

/** Changes under way in this process, by session or by form. */
const changes = new OneByOne();

export class SealedSignIn {
  readonly #parts: SealedSignInParts;

  constructor(parts: SealedSignInParts) {
    this.#parts = parts;
  }

  /** Signs in, or renames who is signed in by the form's session. Every time the session gets a new id. */
  async enter(req: IncomingMessage, fields: Fields, asker: Asker, name: Name): Promise<Asker> {
    const { user, session, sealed } = asker;
    const form = this.#formOf(req, fields);
    if (user && session !== null && sealed) {
      return changes.run(session, async () => {
        if (!(await this.#parts.sealed.find(sealed))) throw sealedEnded();
        const renamed = await this.#parts.users.rename(user.id, name);
        const entered = await this.#start({ user: renamed, key: session, epoch: this.#parts.epoch }, form);
        await this.#parts.sealed.end(sealed);
        return entered;
      });
    }
    // One after the other: of a double click, the second is answered with the session of the first.
    const key = randomBytes(16).toString("base64url");
    return changes.run(form ?? key, async () => {
      const made = form === null ? null : await this.#parts.sealed.recall(form);
      if (made) return askerOf(made);
      const user = await this.#parts.signInLimit.within(req, () => this.#parts.users.create(name));
      return this.#start({ user, key, epoch: this.#parts.epoch }, form);
    });
  }

  /** Whom this very form has signed in or renamed already. */
  async recall(req: IncomingMessage, fields: Fields): Promise<Asker | null> {
    const form = this.#formOf(req, fields);
    const made = form === null ? null : await this.#parts.sealed.recall(form);
    return made && askerOf(made);
  }

  /** Like a cookie's session, it ends everywhere at once; its name is free, and its parked requests are answered. */
  leave({ user, session, sealed }: Asker): Promise<Asker> {
    return changes.run(session ?? "", async () => {
      if (!user || session === null || !sealed || !(await this.#parts.sealed.find(sealed)))
        throw sealedEnded();
      await this.#parts.sealed.end(sealed);
      await this.#parts.control.append("session", session);
      await this.#parts.users.release(user.id);
      return NOBODY;
    });
  }

  async #start(membership: Membership, form: string | null): Promise<Asker> {
    return askerOf({ membership, value: await this.#parts.sealed.start(membership, form) });
  }

  /**
   * What tells one form sent twice from two: its nonce, and all it says. The address as well: somebody elsewhere who
   * planted a form with a nonce of their own must not be given the session that it made.
   */
  #formOf(req: IncomingMessage, fields: Fields): string | null {
    const nonce = typed(fields, "nonce");
    if (!NONCE.test(nonce)) return null;
    return JSON.stringify([
      nonce,
      typed(fields, "sealed"),
      typed(fields, "name"),
      this.#parts.addresses.of(req),
    ]);
  }
}

function askerOf({ membership: { user, key }, value }: SealedSession): Asker {
  return { user, session: key, sealed: value };
}
