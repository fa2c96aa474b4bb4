/** Which names a person may take, how they are shown, and which are one and the same. */
import { describe, expect, it } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { checkName } from "../../src/identity/names.js";

function codeOf(raw: string): string | null {
  try {
    checkName(raw);
    return null;
  } catch (error) {
    if (error instanceof ParkbenchError) return error.code;
    throw error;
  }
}

describe("a name is taken", () => {
  it.each([
    ["a", "a"],
    ["Ana", "Ana"],
    ["Jürgen Straße", "Jürgen Straße"],
    ["李小龍", "李小龍"],
    ["محمد", "محمد"],
    ["Ζωή", "Ζωή"],
    ["नमस्ते", "नमस्ते"],
    ["O'Brien-Smith (2)", "O'Brien-Smith (2)"],
    ["😀", "😀"],
    ["<b>&\"'", "<b>&\"'"],
    ["x".repeat(40), "x".repeat(40)],
    ["😀".repeat(40), "😀".repeat(40)],
    // As it is shown: NFC, no space at the ends, one between words.
    ["  Ana  ", "Ana"],
    ["\ufeffAna\r\n", "Ana"],
    ["Ana \u00a0\u2003 Maria", "Ana Maria"],
    ["Zoe\u0308", "Zo\u00eb"],
    [`${"e\u0301".repeat(40)}`, "é".repeat(40)],
    ["Việt", "Việt"],
    ["a\u0302\u0327", "a\u0327\u0302".normalize("NFC")],
    ["administration", "administration"],
    // What a phone types with them, and nobody sees.
    ["\u2764\ufe0fAna", "\u2764Ana"],
    ["\u2764\ufe0f\u200d\u{1f525}", "\u2764\u{1f525}"],
    ["\u{1f468}\u200d\u{1f469}\u{1f3fd}\u200d\u{1f467}", "\u{1f468}\u{1f469}\u{1f3fd}\u{1f467}"],
    ["\u{1f1e9}\u{1f1ea} 1\ufe0f\u20e3", "\u{1f1e9}\u{1f1ea} 1\u20e3"],
    ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u0631\u0636\u0627"],
    ["\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0dc1\u0dca\u0dbb\u0dd3"],
    ["Administrators", "Administrators"],
  ])("%j", (raw, shown) => {
    expect(checkName(raw).shown).toBe(shown);
  });
});

describe("a name is refused", () => {
  it.each([
    ["nothing", ""],
    ["spaces", " \u3000\u2003 "],
    ["41 letters", "x".repeat(41)],
    ["41 emoji", "😀".repeat(41)],
    ["a NUL", "a\0b"],
    ["a line break", "a\nb"],
    ["a tab", "a\tb"],
    ["an escape", "\u001b[31mAna"],
    ["a delete", "a\u007f"],
    ["a C1 control", "a\u0085b"],
    ["a line separator", "a\u2028b"],
    ["a paragraph separator", "a\u2029b"],
    ["a soft hyphen", "Ad\u00admin"],
    ["a zero-width space", "A\u200bna"],
    ["a zero-width joiner", "A\u200dna"],
    ["a zero-width non-joiner", "A\u200cna"],
    ["a word joiner", "A\u2060na"],
    ["a byte order mark", "A\ufeffna"],
    ["a left-to-right mark", "Ana\u200e"],
    ["an Arabic letter mark", "Ana\u061c"],
    ["a bidi override", "\u202eanA"],
    ["a bidi embedding", "\u202aAna\u202c"],
    ["a bidi isolate", "\u2066Ana\u2069"],
    ["a combining grapheme joiner", "A\u034fna"],
    ["a variation selector", "A\ufe0fna"],
    ["a supplementary variation selector", "A\u{e0100}na"],
    ["a tag", "A\u{e0061}na"],
    ["a Hangul filler", "\u3164"],
    ["a half-width Hangul filler", "\uffa0"],
    ["a Hangul choseong filler", "\u115f"],
    ["a Mongolian vowel separator", "A\u180ena"],
    ["a blank of Braille", "\u2800"],
    ["a character of private use", "\ue000"],
    ["one of a private plane", "\u{f0000}"],
    ["half a surrogate pair", "Ana\ud83d"],
    ["one that means nothing yet", "\u{1ffff}"],
    ["three marks on one letter", "a\u0300\u0301\u0316\u0317"],
  ])("with %s", (_what, raw) => {
    expect(codeOf(raw)).toBe("bad_name");
  });

  it.each([
    "admin",
    "ADMIN",
    "  Admin ",
    "Ａｄｍｉｎ",
    "ⓐⓓⓜⓘⓝ",
    "ｓystem",
    "System",
    "root",
    "moderator",
    "Parkbench",
    "everyone",
    "anonymous",
    "NULL",
    "undefined",
    "true",
  ])("as %s is reserved", (raw) => {
    expect(codeOf(raw)).toBe("name_reserved");
  });

  it("with a text that says what to do and repeats nothing that cannot be seen", () => {
    expect(() => checkName("a\u202eb")).toThrow(/Type it without/);
    expect(() => checkName("a\u202eb")).not.toThrow(/\u202e/);
    expect(() => checkName("x".repeat(41))).toThrow(/41 characters; 40 are the most/);
  });
});

describe("two names", () => {
  const folded = (raw: string) => checkName(raw).folded;

  it.each([
    ["Ana", "ana"],
    ["Ana", "ANA"],
    ["Ana", "Ａｎａ"],
    ["Ana", " Ana "],
    ["Ana Maria", "ana\u2003maria"],
    ["Straße", "STRASSE"],
    ["Straße", "STRAẞE"],
    ["Zoë", "ZOE\u0308"],
    ["ﬁlip", "Filip"],
    ["Σίσυφος", "ΣΊΣΥΦΟΣ"],
    ["Σίσυφος", "σίσυφοσ"],
    ["K", "\u212a"],
    ["ſam", "Sam"],
    ["Åsa", "\u212bsa"],
    ["①", "1"],
    ["℡", "tel"],
    ["ａｂｃ　ｄ", "abc d"],
    ["Ǆ", "ǆ"],
    ["\u2764\ufe0fAna", "\u2764Ana"],
  ])("%j and %j are the same", (one, other) => {
    expect(folded(one)).toBe(folded(other));
  });

  it.each([
    ["Ana", "Anna"],
    ["Ana", "Anä"],
    ["Zoë", "Zoe"],
    ["Ana Maria", "AnaMaria"],
    ["李", "里"],
    ["Ana1", "Ana2"],
  ])("%j and %j are not", (one, other) => {
    expect(folded(one)).not.toBe(folded(other));
  });

  it.each(["Straße", "ǅ", "ŉ", "İ", "ﬀ", "Σίσυφος", "ẞ", "ΰ", "ᾳ", "㎏"])(
    "%j folds to the same however often",
    (raw) => {
      const once = folded(raw);
      expect(folded(once)).toBe(once);
    },
  );
});
