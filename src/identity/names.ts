/** Which names a person may take. */
import { ParkbenchError } from "../core/errors.js";
import { NAME_CODE_POINTS_MAX } from "../core/limits.js";
import { isLonger, NFC_SHRINKS_TO, withoutJoiners } from "../core/text.js";
import { foldName, type Name } from "../core/user.js";

/** Names that would pass for the people or the program that run the chat. */
const RESERVED = new Set(
  [
    ["admin", "administrator", "root", "system", "server", "parkbench", "host", "owner", "operator"],
    ["moderator", "mod", "staff", "support", "help", "security", "official", "service", "bot"],
    ["everyone", "everybody", "all", "here", "anonymous", "guest", "nobody", "unknown", "you", "me"],
    ["null", "undefined", "true", "false"],
  ].flat(),
);

/**
 * Controls, bidi controls and zero-width characters (format), private use, unassigned and lone surrogates are all in
 * \p{C}; fillers, variation selectors and the like show nothing and make two names look the same.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const SPACES = /\p{Zs}+/gu;
const STACKED_MARKS = /\p{M}{3,}/u;
const WORDS = /[\p{L}\p{M}]+/gu;
/** Alphabets that share the looks of many letters: a word of two of them is most often another name in disguise. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  // But for those that look like no Latin letter, and are signs as well: NFC makes the sign of the ohm a letter.
  /(?![ΓΔΘΛΞΠΣΦΨΩδθλμξπφψ])\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
];

/**
 * A name as it will be shown and compared: NFC, spaces at the ends dropped, runs of spaces made one.
 * Throws `bad_name` or `name_reserved`.
 */
export function checkName(raw: string): Name {
  const typed = withoutJoiners(raw).replace(SPACES, " ").trim();
  const isShort = !isLonger(typed, NFC_SHRINKS_TO * NAME_CODE_POINTS_MAX);
  const shown = isShort && typed.isWellFormed() ? typed.normalize("NFC") : typed;
  if (shown === "")
    throw new ParkbenchError("bad_name", "The name is empty. Give a name of 1 to 40 characters.");
  if (INVISIBLE.test(shown)) {
    throw new ParkbenchError(
      "bad_name",
      "The name holds a character that cannot be seen (a control, zero-width or private-use character). Type it without.",
    );
  }
  if (isLonger(shown, NAME_CODE_POINTS_MAX)) {
    throw new ParkbenchError(
      "bad_name",
      `The name has ${[...shown].length} characters; 40 are the most. Shorten it.`,
    );
  }
  if (STACKED_MARKS.test(shown)) {
    throw new ParkbenchError(
      "bad_name",
      "The name stacks three or more accents on one letter. Use at most two.",
    );
  }
  if (shown.match(WORDS)?.some(isMixed)) {
    throw new ParkbenchError(
      "bad_name",
      "The name mixes letters of two alphabets in one word, as names do that pass for others. " +
        "Write each word in one, or put a space or hyphen between the two.",
    );
  }
  const folded = foldName(shown).replace(SPACES, " ").trim();
  if (RESERVED.has(folded)) {
    throw new ParkbenchError("name_reserved", "That name is reserved. Choose another.");
  }
  return { shown, folded };
}

function isMixed(word: string): boolean {
  return ALPHABETS.filter((alphabet) => alphabet.test(word)).length > 1;
}
