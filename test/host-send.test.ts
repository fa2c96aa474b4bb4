/** What a host sends is what readers get: anything else is refused by the field's name, and nothing is stored. */
import { describe, expect, it } from "vitest";
import type { HostDraft, Message } from "../src/index.js";
import { rowsOf, standalone } from "./support/standalone.js";

const app = standalone();
const HI = { room: "lobby", text: "hi" };
const author = (fields: object) => ({ author: { id: null, name: "The shop", ...fields } });

/** As from a program without types. */
const send = (draft?: unknown): Promise<Message> => app().chat.send(draft as HostDraft);

describe("readers get exactly what the sender was told is stored", () => {
  it.each<readonly [string, object]>([
    ["4,000 characters of two units each", { text: "😀".repeat(4000) }],
    ["no text", { kind: "delete", text: "", ref: 0 }],
    ["a number as the author's id", author({ id: 7 })],
    ["a text as the author's id", author({ id: "7" })],
    ["a name of 40 characters of two units each", author({ name: "😀".repeat(40) })],
    ["a nonce of 64", { nonce: "aZ09_-aZ".repeat(8) }],
    ["data", { kind: "order", data: { a: [1, { b: null }], "\0": "\0 \ud800" } }],
    ["data without a prototype", { data: Object.assign(Object.create(null), { a: 1 }) }],
    ["data of which JSON carries a part", { data: { a: undefined, b: [undefined], at: new Date(0) } }],
    ["the largest ref", { ref: Number.MAX_SAFE_INTEGER }],
  ])("%s", async (_what, fields) => {
    const sent = await send({ ...HI, ...fields });
    const { messages } = await app().chat.store.log.since(["lobby"], sent.id - 1, 1);
    expect(messages).toStrictEqual([sent]);
    const { data, ...others } = fields as HostDraft;
    const { author: from, ...rest } = others;
    expect(sent).toMatchObject({ ...rest, from: from ?? { id: null, name: "system" } });
    expect(sent.data).toEqual(data === undefined ? null : JSON.parse(JSON.stringify(data)));
  });

  it("also when the host changes its draft afterwards", async () => {
    const draft = { ...HI, author: { id: 7, name: "Ana" }, data: { price: 5 } };
    const sending = send(draft);
    draft.data.price = 6;
    draft.author.name = "Bo";
    const sent = await sending;
    expect(sent).toMatchObject({ from: { id: 7, name: "Ana" }, data: { price: 5 } });
    expect((await app().chat.store.log.since(["lobby"], sent.id - 1, 1)).messages).toEqual([sent]);
  });
});

describe("refused by its name, with nothing stored", () => {
  class Order {
    price = 5;
  }
  it.each<readonly [string, readonly object[]]>([
    ["room", [{ room: undefined }, { room: null }, { room: 5 }, { room: ["lobby"] }]],
    [
      "text",
      ["a\0b", "\ud800", "a".repeat(4001), "😀".repeat(4001), 5, null, ["hi"]].map((text) => ({ text })),
    ],
    ["text", [{ text: "x".repeat(20_000_000) }]],
    ["kind", ["", "Big", "a b", "a".repeat(33), null, ["message"]].map((kind) => ({ kind }))],
    ["author", [{ author: null }, { author: "Ana" }]],
    ["author.id", [undefined, 10n, Number.NaN, "a\0b", "\ud800", {}].map((id) => author({ id }))],
    ["author.name", [undefined, "", 5, "a\0b", "\ud800", "a".repeat(41)].map((name) => author({ name }))],
    ["nonce", ["bad nonce", "", "a".repeat(65), "a\n", 5, ["a"]].map((nonce) => ({ nonce }))],
    ["data", [[1], "str", 5, true, new Map(), new Date(), new Order(), () => {}].map((data) => ({ data }))],
    ["data", [{ a: 10n }, { toJSON: () => [1] }, { toJSON: () => undefined }].map((data) => ({ data }))],
    ["ref", [1.5, -1, 2 ** 53, Number.NaN, "1", 10n].map((ref) => ({ ref }))],
  ])("%s", async (field, wrongs) => {
    const before = rowsOf(app(), "messages");
    for (const wrong of wrongs) {
      const refused = await send({ ...HI, ...wrong }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(TypeError);
      expect(String(refused)).toMatch(`TypeError: "${field}" must be `);
    }
    expect(rowsOf(app(), "messages")).toEqual(before);
  });

  it.each([undefined, null, "hi"])("what is no message at all: %s", async (draft) => {
    await expect(send(draft)).rejects.toThrow(new TypeError('A message must be an object with a "room"'));
  });

  it("data beyond its bounds, an unknown room and a nonce used before have codes instead", async () => {
    const big = { data: { a: "x".repeat(8192) } };
    await expect(send({ ...HI, ...big })).rejects.toMatchObject({ code: "too_large" });
    await expect(send({ ...HI, room: "nowhere" })).rejects.toMatchObject({ code: "no_room" });
    const first = await send({ ...HI, nonce: "once" });
    expect((await send({ ...HI, nonce: "once" })).id).toBe(first.id);
    await expect(send({ ...HI, nonce: "once", text: "other" })).rejects.toMatchObject({
      code: "nonce_reused",
    });
  });
});
