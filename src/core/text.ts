/** What a text and a nonce may be, whoever sends them. */

/** Random, public, never a secret. */
export const NONCE = /^[A-Za-z0-9_-]{1,64}$/;

/** Without NUL and without half a character: neither comes back from a database as it was. */
export function isClean(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** A code point is one or two units: only in between must they be counted. */
export function isLonger(text: string, codePointsMax: number): boolean {
  if (text.length <= codePointsMax) return false;
  return text.length > 2 * codePointsMax || [...text].length > codePointsMax;
}

/**
 * NFC makes one code point of this many at most. What is longer than that can be refused before it is normalised, which
 * takes time by the square of the marks on one letter: 31 ms for a body full of them (measured).
 */
export const NFC_SHRINKS_TO = 4;

/**
 * What phones type with emoji, and joined scripts (Persian, Sinhala, Hindi) between letters. Nobody sees it, nor knows how
 * to type a name without.
 */
const JOINERS = /(?<=[\p{Emoji}\p{Script=Arabic}\p{M}])(?:\p{Join_Control}|\ufe0e|\ufe0f)+/gu;

export function withoutJoiners(text: string): string {
  return text.replace(JOINERS, "");
}
