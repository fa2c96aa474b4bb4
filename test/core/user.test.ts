/** Two names that a reader could take for one fold to the same. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldName } from "../../src/core/user.js";

describe("a folded name", () => {
  it.each([
    ["Ana", "ANA", "aNa", "\uff21\uff4e\uff41"],
    ["Straße", "STRASSE", "straſſe", "STRAẞE", "strasse"],
    ["ΟΔΟΣ", "οδος", "οδοσ"],
    ["Zoë", "Zoe\u0308", "ZOË"],
    ["ﬁona", "Fiona"],
    ["İpek", "I\u0307pek"],
  ])("is the same for %s as for %s", (...names) => {
    expect(new Set(names.map(foldName)).size).toBe(1);
  });

  it.each([
    ["Ana", "Anna"],
    ["Zoe", "Zoë"],
    ["Strase", "Straße"],
    ["Ana", "Аnа"],
    ["Ana1", "Ana2"],
  ])("is another for %s than for %s", (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });

  it("is the same for each letter there is, however it is cased or composed, and for what it folds to", () => {
    const hasForms = /[\p{Changes_When_NFKC_Casefolded}\p{Changes_When_Casemapped}]/u;
    const differing = [];
    let [asked, codePoint] = [0, -1];
    while (++codePoint <= 0x10ffff) {
      const letter = String.fromCodePoint(codePoint);
      if (!hasForms.test(letter)) continue;
      asked++;
      const folded = foldName(letter);
      const forms = [folded, letter.toUpperCase(), letter.toLowerCase(), letter.normalize("NFKD")];
      if (forms.some((form) => foldName(form) !== folded)) differing.push(letter);
    }
    expect(asked).toBeGreaterThan(10_000);
    expect(differing).toEqual([]);
  });

  it("folds to itself, whatever the name", () => {
    const letters = fc.constantFrom(..."aAßẞſΣσςıİi\u0307\u0345ᾳﬁǅ é\u0301");
    const name = fc.oneof(fc.string({ unit: letters, maxLength: 8 }), fc.string({ unit: "grapheme" }));
    fc.assert(fc.property(name, (text) => foldName(foldName(text)) === foldName(text)));
  });
});
