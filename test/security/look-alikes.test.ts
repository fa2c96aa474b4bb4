/** Names that look like another's: what is refused, what is the same name, and what is known to get through. */
import { describe, expect, it } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { checkName } from "../../src/identity/names.js";
import { call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { standalone } from "../support/standalone.js";

const app = standalone();

function codeFor(name: string): string | null {
  try {
    checkName(name);
    return null;
  } catch (error) {
    return error instanceof ParkbenchError ? error.code : String(error);
  }
}

describe("a word of two alphabets", () => {
  it.each([
    ["a Cyrillic A in Admin", "\u0410dmin"],
    ["a Cyrillic a in Ana", "An\u0430"],
    ["a Cyrillic o in root", "r\u043eot"],
    ["a Greek omicron in Bob", "B\u03bfb"],
    ["a Greek Alpha in Ana", "\u0391na"],
    ["an Armenian o in Bob", "B\u0585b"],
    ["a Cherokee A in Ana", "\u13aana"],
    ["a Coptic o in Bob", "B\u2c9fb"],
    ["a Lisu A in Ana", "\ua4eena"],
    ["a Latin a in a Cyrillic name", "\u0410nna\u0430"],
    ["a mark between the two", "A\u0301\u0430"],
    ["the second word of two", "Ana M\u0430ria"],
  ])("(%s) is refused", (_what, name) => {
    expect(codeFor(name)).toBe("bad_name");
  });

  it.each([
    ["a Cyrillic name", "\u0410\u043d\u043d\u0430"],
    ["a Greek name", "\u0391\u03bd\u03bd\u03b1"],
    ["an Armenian name", "\u0531\u0576\u0576\u0561"],
    ["a name in two words of two alphabets", "Anna \u0418\u0432\u0430\u043d\u043e\u0432\u0430"],
    ["one between hyphens and digits", "DJ-\u0418\u0432\u0430\u043d_7"],
    ["Japanese with Latin letters", "\u30c6\u30b9\u30c8A"],
    ["Chinese with Latin letters", "A\u674e"],
    ["a unit", "\u00b5m"],
    ["the same with the letter", "\u03bcm"],
    ["the sign of the ohm, a letter in NFC", "k\u2126"],
    ["Greek letters that look like no Latin one", "\u03a9mega_\u0394M\u03c0"],
    ["a Greek nick with a digit", "\u03b1\u03b21"],
    ["Cyrillic with digits", "\u0418\u0432\u0430\u043d2007"],
    ["Roman numerals", "Louis\u2169\u2163"],
    ["a Cyrillic name with a Roman numeral", "\u0418\u0432\u0430\u043d\u2163"],
    ["Serbian in Cyrillic letters", "\u0402\u043e\u0440\u0452\u0435"],
    ["Japanese that begins with a Latin letter", "T\u30b7\u30e3\u30c4"],
    ["Chinese letters and a Latin name", "\u4f50\u85e4Ken"],
    ["Korean with Latin letters", "\ud55c\uad6dKim"],
    ["Arabic with Latin letters", "\u0645\u062d\u0645\u062fAli"],
    ["Hebrew with Latin letters", "\u05d3\u05d5\u05d3David"],
    ["Hawaiian", "Ka\u02bbiulani"],
    ["Vietnamese", "Nguy\u1ec5n"],
    ["Serbian in Latin letters", "\u0110or\u0111e"],
  ])("%s is taken", (_what, name) => {
    expect(codeFor(name)).toBeNull();
  });

  it("is refused with what to do instead, which then is taken", () => {
    expect(() => checkName("DJ\u0418\u0432\u0430\u043d")).toThrow(/put a space or hyphen between/);
    for (const between of [" ", "-"]) expect(codeFor(`DJ${between}\u0418\u0432\u0430\u043d`)).toBeNull();
  });
});

describe("by the same letters in another form, a name", () => {
  it.each([
    ["wide letters", "\uff21\uff4e\uff41"],
    ["mathematical letters", "\u{1d400}\u{1d427}\u{1d41a}"],
    ["letters in circles", "\u24b6\u24dd\u24d0"],
    ["superscripts", "\u1d2c\u207f\u1d43"],
    ["capitals", "ANA"],
    ["spaces around it", "\u2003Ana\u00a0"],
  ])("of %s is held when Ana is held, for who signs in and for who sends once", async (_what, name) => {
    const held = await call(`${app().url}/session`, { form: { name: "Ana" } });
    expect([201, 409]).toContain(held.status);
    for (const path of ["/session", "/send"]) {
      const answer = await call(app().url + path, { form: { name, text: "I am Ana" } });
      expect([answer.status, codeOf(answer)]).toEqual([409, "name_taken"]);
    }
  });
});

describe("with what nobody sees, a name", () => {
  const inside = (code: number) => `An${String.fromCodePoint(code)}a`;

  it("is refused for every character that has no looks: by Unicode's own lists, all of them", () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
    const letThrough: string[] = [];
    let count = 0;
    for (let code = 0; code <= 0x10ffff; code++) {
      if (!unseen.test(String.fromCodePoint(code))) continue;
      count += 1;
      // One of each sixteen of the large planes, which hold nothing but their own kind.
      if (code > 0x20000 && code % 16 !== 0) continue;
      if (codeFor(inside(code)) !== "bad_name") letThrough.push(code.toString(16));
    }
    expect(count).toBeGreaterThan(900_000);
    expect(letThrough).toEqual([]);
  });

  it.each(["\u0301", "\u0301\u0316", "\u05b8", "\u093c"])(
    "takes up to two marks on a letter: %j",
    (marks) => {
      expect(codeFor(`ka${marks}`)).toBeNull();
    },
  );

  it("of three marks on a letter is refused, however they are ordered", () => {
    for (const marks of [
      "\u0301\u0302\u0303",
      "\u0316\u0317\u0318",
      "\u0301\u0316\u0334",
      "\u20dd\u20de\u20df",
    ])
      expect(codeFor(`q${marks}`), marks).toBe("bad_name");
  });
});

it("known to get through, and said so in SECURITY.md: a whole word in letters of another alphabet, and look-alikes in one", async () => {
  await signIn(app().url, "ace");
  for (const name of ["\u0430\u0441\u0435", "aoe", "\u0251ce", "acc"]) expect(codeFor(name)).toBeNull();
  const asMuch = await call(`${app().url}/session`, { form: { name: "\u0430\u0441\u0435" } });
  expect(asMuch.status).toBe(201);
  // What tells them apart for a program: the user's id, which no name can imitate.
  expect((JSON.parse(asMuch.text) as { user: { id: number } }).user.id).toBeGreaterThan(1);
});
