/** The session secret that is made at the first start and kept beside the database. */
import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { flushFolder } from "./store/flush.js";

/**
 * Reads the secret, or makes one. Written whole under another name and then linked, so that of several processes that
 * start together one wins and none reads half a secret. Mode 0600: whoever has it can sign in as anybody.
 */
export function keptSecret(path: string): string {
  const known = readSecret(path);
  if (known) return known;
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
    flushFolder(dirname(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const made = readSecret(path);
  if (made) return made;
  throw new Error(
    `The session secret in ${path} is empty. Remove that file; a new secret is made at the next start.`,
  );
}

function readSecret(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
