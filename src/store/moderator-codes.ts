/** The one-time codes that make a moderator: made here, kept as their hashes. */
import { createHash, randomBytes } from "node:crypto";

/** 32 characters, so that five bits of a random byte are one of them; without 0, 1, I and O, which look like others. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/** 60 bits. */
const CODE_CHARS = 12;

/** In groups of four, to be read out and typed. */
export function newCode(): string {
  const characters = [...randomBytes(CODE_CHARS)].map((byte) => ALPHABET[byte % ALPHABET.length]);
  return characters.join("").replace(/.{4}(?=.)/g, "$&-");
}

/**
 * However it was typed: small letters, spaces and dashes make no difference. A hash of so many random bits needs no salt
 * and no slow function.
 */
export function hashOf(code: string): Buffer {
  const plain = code.toUpperCase().replace(/[^0-9A-Z]/g, "");
  return createHash("sha256").update(plain).digest();
}
