/** Which texts are cursors, and that a cursor comes back as it went out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCursor, parseCursor } from "../../src/core/cursor.js";

const MAX = Number.MAX_SAFE_INTEGER;

describe("a cursor", () => {
  it("comes back from its text, whatever the id and the epoch", () => {
    const epoch = fc.stringMatching(/^[A-Za-z0-9]{4,8}$/);
    fc.assert(
      fc.property(fc.nat(MAX), epoch, (id, epoch) => {
        expect(parseCursor(formatCursor(id, epoch))).toEqual({ id, epoch });
      }),
      { examples: [...[0, 1, 9, 10, MAX - 1, MAX].map((id): [number, string] => [id, "k7Qd"])] },
    );
  });

  it("may be a bare id, which trusts the present epoch", () => {
    for (const id of [0, 7, MAX]) expect(parseCursor(String(id))).toEqual({ id, epoch: null });
  });

  it.each([
    ["nothing", ""],
    ["negative", "-1"],
    ["a fraction", "1.5"],
    ["a power", "1e3"],
    ["hexadecimal", "0x10"],
    ["padded with zeros", "007"],
    ["signed", "+1"],
    ["with a space", " 1"],
    ["with a line's end", "1\n"],
    ["with a line's end after the epoch", "1-k7Qd\n"],
    ["with other digits", "\u0661"],
    ["a word", "now"],
    ["above 2^53-1", "9007199254740992"],
    ["of 17 digits", "10000000000000000"],
    ["with an epoch too short", "1-k7Q"],
    ["with an epoch too long", "1-k7Qdk7Qdk"],
    ["with an empty epoch", "1-"],
    ["with a foreign letter in the epoch", "1-k7Q\u0111"],
    ["with two epochs", "1-k7Qd-k7Qd"],
    ["an epoch alone", "-k7Qd"],
  ])("is not a text that is %s", (_, text) => {
    expect(parseCursor(text)).toBeNull();
  });

  it("is no other text than one that formatting gives, or a bare id", () => {
    const unit = fc.constantFrom(..."0019-k.eQ \n");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (text) => {
        const cursor = parseCursor(text);
        if (!cursor) return;
        expect(cursor.epoch === null ? String(cursor.id) : formatCursor(cursor.id, cursor.epoch)).toBe(text);
      }),
    );
  });
});
