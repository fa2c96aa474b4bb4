/** What is new each time: nonces, client keys, and addresses never used before. */
import { randomBytes } from "node:crypto";

export function random(): string {
  return randomBytes(9).toString("base64url");
}

/** Some browsers show an old copy of an address that they know (measured). */
export function fresh(path: string): string {
  return `${path}?m=${random()}`;
}
