/** Form tokens: proof that a form was rendered by us, for this session. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** `session`: bound to the asking session. `signin`: for anybody, good only where no session's rights are used. */
export type TokenKind = "session" | "signin" | null;

const SIGN_IN = /^[A-Za-z0-9_-]{16}\./;

/** Derived, not stored: nothing to expire, nothing to write, the same in every process that has the secret. */
export class Tokens {
  readonly #secrets: readonly string[];

  /** The first secret signs, all of them verify: secrets can be rotated under open pages. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  make(session: string | null): string {
    const [secret = ""] = this.#secrets;
    if (session !== null) return sign(secret, `session ${session}`);
    const random = randomBytes(12).toString("base64url");
    return `${random}.${sign(secret, `signin ${random}`)}`;
  }

  kindOf(token: string | undefined, session: string | null): TokenKind {
    if (!token) return null;
    for (const secret of this.#secrets) {
      if (session !== null && equal(token, sign(secret, `session ${session}`))) return "session";
      const random = token.slice(0, 16);
      if (SIGN_IN.test(token) && equal(token, `${random}.${sign(secret, `signin ${random}`)}`))
        return "signin";
    }
    return null;
  }
}

function sign(secret: string, content: string): string {
  return createHmac("sha256", secret).update(content).digest("base64url").slice(0, 32);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
