/** A session's id as the databases keep it: who reads them cannot take over a session. */
import { createHash } from "node:crypto";

export function hashOf(id: string): Buffer {
  return createHash("sha256").update(id).digest();
}
