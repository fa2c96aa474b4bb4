/** What every MessageLog promises: one group of tests per guarantee of `core/log.ts`, for any store. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Batch, MessageLog } from "../../src/core/log.js";
import type { Draft, Message } from "../../src/core/message.js";

/** A row as another program writes it. */
export interface ForeignRow {
  readonly room: string;
  readonly text: string;
}

/** One log on a fresh database, and what another program could do to that database. */
export interface LogUnderTest {
  readonly log: MessageLog;
  /** PostgreSQL's text cannot hold one: it is refused, not changed. */
  readonly refusesNul?: boolean;
  /** Another log on the same database, as a second process has one. */
  another(): Promise<MessageLog>;
  /** Closes the log and opens the database again. */
  reopen(): Promise<MessageLog>;
  /** INSERTs with room, author name and text only; resolves with the ids. */
  insertForeign(rows: readonly ForeignRow[]): Promise<readonly number[]>;
  remove(ids: readonly number[]): Promise<void>;
  /** Removes a room's messages up to an id, as keeping less does. */
  prune(room: string, upto: number): Promise<void>;
  dispose(): Promise<void>;
}

const ana = { id: 7, name: "Ana" };
const draft = (text: string, more: Partial<Draft> = {}): Draft => ({
  room: "lobby",
  author: ana,
  text,
  ...more,
});
const texts = (messages: readonly Message[]) => messages.map(({ text }) => text);
const ids = (messages: readonly Message[]) => messages.map(({ id }) => id);

export function messageLogContract(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`${name} as a MessageLog`, () => {
    let under: LogUnderTest;
    let log: MessageLog;

    beforeEach(async () => {
      under = await make();
      log = under.log;
    });
    afterEach(() => under.dispose());

    const send = async (text: string, more?: Partial<Draft>) => (await log.append(draft(text, more))).message;
    const all = async () => (await log.since("all", 0, 1_000)).messages;

    describe("guarantee 1: ids only grow and are never used twice", () => {
      it("gives each message a higher id than the one before", async () => {
        const sent = [await send("a"), ...(await Promise.all(["b", "c", "d"].map((text) => send(text))))];
        expect(ids(sent)).toEqual([...ids(sent)].sort((a, b) => a - b));
        expect(new Set(ids(sent)).size).toBe(4);
      });

      it("does not give the id of a deleted newest message again", async () => {
        const { id } = await send("a");
        await under.remove([id]);
        expect(await all()).toEqual([]);
        expect((await send("b")).id).toBeGreaterThan(id);
      });

      it("does not start anew when all messages are deleted and the log is opened again", async () => {
        const { id } = await send("a");
        await under.remove([id]);
        log = await under.reopen();
        expect(await log.newest()).toBe(id);
        expect((await send("b")).id).toBeGreaterThan(id);
      });

      it("says the newest id ever given, not that of the newest row", async () => {
        expect(await log.newest()).toBe(0);
        const { id: first } = await send("a");
        const { id: second } = await send("b");
        expect(await log.newest()).toBe(second);
        await under.remove([second]);
        expect(await log.newest()).toBe(second);
        expect(ids(await all())).toEqual([first]);
      });

      it("counts the rows of other programs in the same row of ids", async () => {
        const { id } = await send("a");
        const [foreign = 0] = await under.insertForeign([{ room: "lobby", text: "b" }]);
        expect(foreign).toBeGreaterThan(id);
        expect(await log.newest()).toBe(foreign);
        expect((await send("c")).id).toBeGreaterThan(foreign);
      });
    });

    describe("guarantee 2: no late arrivals", () => {
      it("shows a reader who goes by its cursor every row once, with three writers at work", async () => {
        const other = await under.another();
        const rounds = 40;
        let isDone = false;
        const writing = Promise.all([
          ...[log, other].map(async (writer, at) => {
            for (let n = 0; n < rounds; n++) {
              await Promise.all([1, 2].map((k) => writer.append(draft(`${at}-${n}-${k}`))));
            }
          }),
          (async () => {
            for (let n = 0; n < rounds; n++) {
              await under.insertForeign([{ room: "lobby", text: `f-${n}` }]);
              await new Promise<void>((resolve) => setImmediate(resolve));
            }
          })(),
        ]).then(() => {
          isDone = true;
        });

        const seen: Message[] = [];
        for (let isLast = false; ; ) {
          const { messages, more } = await log.since("all", seen.at(-1)?.id ?? 0, 7);
          seen.push(...messages);
          if (isLast && !more) break;
          isLast = isDone && !more;
          if (messages.length === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        }
        await writing;
        expect(seen).toHaveLength(rounds * 5);
        expect(ids(seen)).toEqual(ids(await all()));
      });
    });

    describe("guarantee 3: what is acknowledged is there", () => {
      it("for this log, for another one, and after the log is opened again", async () => {
        const other = await under.another();
        const message = await send("a");
        expect((await log.since(["lobby"], 0, 10)).messages).toEqual([message]);
        expect((await other.since(["lobby"], 0, 10)).messages).toEqual([message]);
        await other.close();
        log = await under.reopen();
        expect(await all()).toEqual([message]);
      });

      it("a log that is closing finishes the appends under way", async () => {
        const appending = Promise.all(Array.from({ length: 300 }, (_, n) => log.append(draft(`${n}`))));
        const reopening = under.reopen();
        expect(await appending).toHaveLength(300);
        log = await reopening;
        expect(await all()).toHaveLength(300);
      });

      it("a closed log refuses, it does not stay silent", async () => {
        await log.close();
        await log.close();
        const closed = { code: "closed" };
        await expect(log.append(draft("a"))).rejects.toMatchObject(closed);
        await expect(log.recall(draft("a", { nonce: "n" }))).rejects.toMatchObject(closed);
        await expect(log.since("all", 0, 1)).rejects.toMatchObject(closed);
        await expect(log.before(["lobby"], 9, 1)).rejects.toMatchObject(closed);
        await expect(log.newest()).rejects.toMatchObject(closed);
      });
    });

    describe("guarantee 4: every row rings every listener", () => {
      /** Resolves with what `log` shows at the first ring that comes with a row. */
      const heard = (at: MessageLog, after = 0) =>
        new Promise<readonly Message[]>((resolve) => {
          const off = at.onChange(async () => {
            const { messages } = await at.since("all", after, 10);
            if (messages.length === 0) return;
            off();
            resolve(messages);
          });
        });

      it("after an append of this log, when the row is visible", async () => {
        const [first, second] = [heard(log), heard(log)];
        await send("a");
        expect(texts(await first)).toEqual(["a"]);
        expect(texts(await second)).toEqual(["a"]);
      });

      it("after an append of another log", async () => {
        const ring = heard(log);
        await (await under.another()).append(draft("a"));
        expect(texts(await ring)).toEqual(["a"]);
      });

      it("after a row of another program, again and again", async () => {
        for (const text of ["a", "b", "c"]) {
          const ring = heard(log, await log.newest());
          await under.insertForeign([{ room: "nowhere", text }]);
          expect(texts(await ring)).toEqual([text]);
        }
      });

      it("when somebody listened before, and stopped, and a row came in between", async () => {
        log.onChange(() => {})();
        await under.insertForeign([{ room: "lobby", text: "a" }]);
        const ring = heard(log, await log.newest());
        await under.insertForeign([{ room: "lobby", text: "b" }]);
        expect(texts(await ring)).toEqual(["b"]);
      });

      it("even when a listener throws", async () => {
        log.onChange(() => {
          throw new Error("a bad listener");
        });
        const ring = heard(log);
        await send("a");
        await ring;
        const next = heard(log, await log.newest());
        await under.insertForeign([{ room: "lobby", text: "b" }]);
        expect(texts(await next)).toEqual(["b"]);
      });

      it("but not one that has stopped listening, nor its neighbour less", async () => {
        let [stopped, twice] = [0, 0];
        const count = () => twice++;
        const off = log.onChange(() => stopped++);
        const offOne = log.onChange(count);
        log.onChange(count);
        offOne();
        off();
        off();
        const witness = heard(log);
        await under.insertForeign([{ room: "lobby", text: "a" }]);
        await witness;
        expect(stopped).toBe(0);
        expect(twice).toBeGreaterThan(0);
      });
    });

    describe("guarantee 5: reads respect room, order and limit", () => {
      const fill = async (rooms: readonly string[]) => {
        for (const [n, room] of rooms.entries()) await send(`${n}`, { room });
        return ids(await all());
      };

      it("returns nothing from an empty log, an unknown room, no rooms, or beyond the end", async () => {
        const nothing = { messages: [], more: false };
        expect(await log.since("all", 0, 10)).toEqual(nothing);
        const { id } = await send("a");
        expect(await log.since(["other"], 0, 10)).toEqual(nothing);
        expect(await log.since([], 0, 10)).toEqual(nothing);
        expect(await log.since("all", id, 10)).toEqual(nothing);
        expect(await log.since(["lobby"], id, 10)).toEqual(nothing);
        expect(await log.since("all", Number.MAX_SAFE_INTEGER, 10)).toEqual(nothing);
        expect(await log.before(["lobby"], id, 10)).toEqual(nothing);
        expect(await log.before(["other"], Number.MAX_SAFE_INTEGER, 10)).toEqual(nothing);
      });

      it("says `more` exactly when there is more", async () => {
        await fill(["a", "b", "a", "b", "a"]);
        expect((await log.since("all", 0, 4)).more).toBe(true);
        expect((await log.since("all", 0, 5)).more).toBe(false);
        expect((await log.since(["a"], 0, 2)).more).toBe(true);
        expect((await log.since(["a"], 0, 3)).more).toBe(false);
        expect((await log.before(["a"], Number.MAX_SAFE_INTEGER, 2)).more).toBe(true);
        expect((await log.before(["a"], Number.MAX_SAFE_INTEGER, 3)).more).toBe(false);
      });

      it("reads backwards from the newest, and gives what it found in ascending order", async () => {
        const [a = 0, b = 0, c = 0, d = 0] = await fill(["a", "b", "a", "a"]);
        expect(ids((await log.before(["a"], Number.MAX_SAFE_INTEGER, 2)).messages)).toEqual([c, d]);
        expect(ids((await log.before(["a"], d, 2)).messages)).toEqual([a, c]);
        expect(ids((await log.before(["a", "b"], d, 2)).messages)).toEqual([b, c]);
      });

      it("takes a room's name as it is: no pattern, no case, no trimming", async () => {
        await fill(["a", "A", "a ", "%", "a%", "á", ""]);
        for (const room of ["a", "A", "a ", "%", "a%", "á", ""]) {
          expect((await log.since([room], 0, 10)).messages.map((message) => message.room)).toEqual([room]);
        }
      });

      it("reads more rooms at once than one statement holds", async () => {
        const rooms = Array.from({ length: 150 }, (_, n) => `r${n}`);
        await Promise.all([...rooms, ...rooms].map((room) => send("x", { room })));
        const found = await page(100, (after) => log.since(rooms.slice(0, 140), after, 100));
        expect(found.messages.map(({ room }) => room)).toEqual([
          ...rooms.slice(0, 140),
          ...rooms.slice(0, 140),
        ]);
        expect(found.sizes).toEqual([100, 100, 80]);
        const last = await log.before(rooms.slice(0, 140), Number.MAX_SAFE_INTEGER, 50);
        expect(last.messages.map(({ room }) => room)).toEqual(rooms.slice(90, 140));
        expect(last.more).toBe(true);
      });

      it("holds a batch to about 1 MiB of text, but a longer message alone gets through", async () => {
        const sizes = [300_000, 300_000, 300_000, 300_000, 1_500_000, 10, 10, 700_000, 700_000];
        const rooms = Array.from({ length: 40 }, (_, n) => `r${n}`);
        for (const [n, size] of sizes.entries()) {
          await under.insertForeign([{ room: `r${n * 4}`, text: "x".repeat(size) }]);
        }
        for (const asked of ["all", rooms] as const) {
          const found = await page(100, (after) => log.since(asked, after, 100));
          expect(found.messages.map(({ text }) => text.length)).toEqual(sizes);
          expect(found.sizes).toEqual([3, 1, 1, 3, 1]);
        }
        expect((await log.before(rooms, Number.MAX_SAFE_INTEGER, 100)).messages).toHaveLength(1);
      });

      /** All batches one after the other, as a reader takes them. */
      async function page(limit: number, read: (after: number) => Promise<Batch>) {
        const messages: Message[] = [];
        const sizes: number[] = [];
        for (;;) {
          const batch = await read(messages.at(-1)?.id ?? 0);
          expect(batch.messages.length).toBeLessThanOrEqual(limit);
          messages.push(...batch.messages);
          sizes.push(batch.messages.length);
          if (!batch.more) return { messages, sizes };
        }
      }

      it("agrees with an array, whatever is asked", async () => {
        const room = fc.constantFrom<string>("a", "b", "c", "d", "e");
        const row = fc.record({ room, isForeign: fc.boolean() });
        const question = fc.record({
          rooms: fc.oneof(
            fc.constant("all" as const),
            fc.array<string>(fc.oneof(room, fc.constant("none")), { maxLength: 7 }),
          ),
          at: fc.integer({ min: -1, max: 11 }),
          limit: fc.integer({ min: 0, max: 12 }),
        });
        const model: { readonly id: number; readonly room: string }[] = [];
        let isAskedForRows = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(row, { maxLength: 3 }),
            fc.array(question, { maxLength: 8 }),
            async (rows, asked) => {
              for (const { room, isForeign } of rows) {
                const [foreign = 0] = isForeign ? await under.insertForeign([{ room, text: "f" }]) : [];
                model.push({ room, id: isForeign ? foreign : (await send("o", { room })).id });
              }
              for (const { rooms, at, limit } of asked) {
                // Mostly near the end, where readers are.
                const id = at < 0 ? 0 : (model.at(-at)?.id ?? 0);
                const inRooms = model.filter(({ room }) => rooms === "all" || rooms.includes(room));
                const later = inRooms.filter((message) => message.id > id);
                if (later.length > 0 && limit > 0) isAskedForRows++;
                expect(rowsOf(await log.since(rooms, id, limit))).toEqual([
                  later.slice(0, limit),
                  later.length > limit,
                ]);
                if (rooms === "all") continue;
                const earlier = inRooms.filter((message) => message.id < id);
                const last = limit === 0 ? [] : earlier.slice(-limit);
                expect(rowsOf(await log.before(rooms, id, limit))).toEqual([last, earlier.length > limit]);
              }
            },
          ),
          { numRuns: 60 },
        );
        expect(isAskedForRows).toBeGreaterThan(50);
      });

      const rowsOf = ({ messages, more }: Batch) => [messages.map(({ id, room }) => ({ id, room })), more];
    });

    describe("guarantee 6: the same author and nonce is the same message", () => {
      it("gives the first message again and adds nothing", async () => {
        const first = await log.append(draft("a", { nonce: "n" }));
        const second = await log.append(draft("a", { nonce: "n" }));
        expect(first.outcome).toBe("appended");
        expect(second).toEqual({ outcome: "repeated", message: first.message });
        expect(await all()).toEqual([first.message]);
      });

      it("also within one turn, and after the log is opened again", async () => {
        const sent = await Promise.all([1, 2, 3].map(() => log.append(draft("a", { nonce: "n" }))));
        expect(sent.map(({ outcome }) => outcome)).toEqual(["appended", "repeated", "repeated"]);
        log = await under.reopen();
        expect((await log.append(draft("a", { nonce: "n" }))).message).toEqual(sent[0]?.message);
        expect(await all()).toHaveLength(1);
      });

      it("also when two processes have the retry at the same time", async () => {
        const other = await under.another();
        for (let n = 0; n < 20; n++) {
          const pair = await Promise.all([log, other].map((at) => at.append(draft("a", { nonce: `n${n}` }))));
          expect(pair.map(({ outcome }) => outcome).sort()).toEqual(["appended", "repeated"]);
          expect(pair[0]?.message).toEqual(pair[1]?.message);
        }
        expect(await all()).toHaveLength(20);
      });

      it("is a conflict with other content, and the first stays as it is", async () => {
        const { message } = await log.append(draft("a", { nonce: "n" }));
        for (const other of [draft("b"), draft("a", { room: "b" }), draft("a", { kind: "note" })]) {
          expect(await log.append({ ...other, nonce: "n" })).toEqual({ outcome: "conflict", message });
          expect(await log.recall({ ...other, nonce: "n" })).toEqual({ outcome: "conflict", message });
        }
        expect(await all()).toEqual([message]);
      });

      it("is another message without a nonce, under another nonce, or from another author", async () => {
        const authors = [
          ana,
          { id: 8, name: "Ana" },
          { id: "7", name: "Ana" },
          { id: null, name: "Ana" },
          { id: null, name: "7" },
          { id: null, name: "n:7" },
        ];
        for (const author of authors)
          expect((await log.append(draft("a", { author, nonce: "n" }))).outcome).toBe("appended");
        expect((await log.append(draft("a", { nonce: "N" }))).outcome).toBe("appended");
        for (let n = 0; n < 2; n++) expect((await log.append(draft("a"))).outcome).toBe("appended");
        expect(await all()).toHaveLength(authors.length + 3);
      });

      it("knows an author without an id by the folded name, and one with an id under any name", async () => {
        const one = (name: string) => log.append(draft("a", { author: { id: null, name }, nonce: "n" }));
        expect((await one("Straße")).outcome).toBe("appended");
        expect((await one("STRASSE")).outcome).toBe("repeated");
        expect((await one("Strase")).outcome).toBe("appended");
        await log.append(draft("b", { nonce: "m" }));
        expect((await log.append(draft("b", { nonce: "m", author: { id: 7, name: "Anna" } }))).outcome).toBe(
          "repeated",
        );
      });

      it("recalls without adding: the first message, or null", async () => {
        expect(await log.recall(draft("a", { nonce: "n" }))).toBeNull();
        expect(await log.recall(draft("a"))).toBeNull();
        const { message } = await log.append(draft("a", { nonce: "n" }));
        expect(await log.recall(draft("a", { nonce: "n" }))).toEqual({ outcome: "repeated", message });
        expect(await log.recall(draft("a", { nonce: "m" }))).toBeNull();
        expect(await log.recall(draft("a"))).toBeNull();
        expect(await all()).toEqual([message]);
      });

      it("still knows a message that was removed since", async () => {
        const { message } = await log.append(draft("a", { nonce: "n" }));
        await log.append(draft("", { kind: "delete", ref: message.id }));
        expect(texts(await all())).toEqual(["", ""]);
        expect(await log.append(draft("a", { nonce: "n" }))).toMatchObject({
          outcome: "repeated",
          message: { id: message.id, text: "" },
        });
        await under.remove([message.id]);
        expect(await log.append(draft("a", { nonce: "n" }))).toMatchObject({
          outcome: "repeated",
          message: { id: message.id, room: "lobby", text: "a", from: ana, nonce: "n" },
        });
        expect(await all()).toHaveLength(1);
      });

      it("does not take another program's row for a sender's, whatever nonce it bears", async () => {
        await under.insertForeign([{ room: "lobby", text: "a" }]);
        expect(
          (await log.append(draft("a", { nonce: "n", author: { id: null, name: "Cron" } }))).outcome,
        ).toBe("appended");
      });

      it("keeps one message per author and nonce, whatever is sent", async () => {
        const sending = fc.record({
          author: fc.constantFrom(
            ana,
            { id: "7", name: "Ana" },
            { id: null, name: "Ana" },
            { id: null, name: "ANA" },
          ),
          nonce: fc.constantFrom("a", "b", "A", null),
          text: fc.constantFrom("x", "y"),
          isLater: fc.boolean(),
        });
        const first = new Map<string, Message>();
        let count = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(sending, { maxLength: 12 }),
            fc.integer({ min: 0, max: 1e9 }),
            async (list, run) => {
              const sent = [];
              for (const { author, nonce, text, isLater } of list) {
                const key = nonce && `${nonce}-${run}`;
                const appending = log.append(draft(text, { author, nonce: key }));
                sent.push({ appending, text, key, sender: `${typeof author.id} ${author.id} ${key}` });
                if (isLater) await appending;
              }
              for (const { appending, text, key, sender } of sent) {
                const { outcome, message } = await appending;
                const known = key === null ? undefined : first.get(sender);
                if (known === undefined) {
                  expect(outcome).toBe("appended");
                  count++;
                  if (key !== null) first.set(sender, message);
                } else {
                  expect(outcome).toBe(text === known.text ? "repeated" : "conflict");
                  expect(message).toEqual(known);
                }
              }
            },
          ),
          { numRuns: 40 },
        );
        expect((await log.since("all", 0, 100_000)).messages).toHaveLength(count);
      });
    });

    describe("guarantee 7: text comes back code point for code point", () => {
      it("whatever it is", async () => {
        const known = [
          "",
          " a ",
          "e\u0301 \u00e9",
          "👩‍👩‍👧",
          "\u202e\ufeff\u200b",
          "\r\n\t",
          "'; --",
          "\u0001",
          "a\u0000b",
          "\u{10ffff}",
        ];
        await fc.assert(
          fc.asyncProperty(
            fc.oneof(fc.constantFrom(...known), fc.string({ unit: "binary" })),
            async (text) => {
              if (under.refusesNul && text.includes("\0")) {
                await expect(send(text)).rejects.toMatchObject({ code: "bad_text" });
                return;
              }
              const given = await send(text, { nonce: null });
              expect(given.text).toBe(text);
              expect((await log.since("all", given.id - 1, 1)).messages).toEqual([given]);
            },
          ),
          { numRuns: 80, examples: known.map((text) => [text]) },
        );
      });

      it("and so does the rest of the message", async () => {
        const data = { a: [1, { b: null }], "": "é\u0000" };
        const whole = draft("a", {
          kind: "note",
          nonce: "n-1",
          data,
          ref: 3,
          author: { id: "u/7", name: "Ána ✨" },
        });
        const { message } = await log.append(whole);
        const { author, ...rest } = whole;
        expect(message).toEqual({ ...rest, from: author, id: message.id, at: message.at });
        expect(await all()).toEqual([message]);
        expect(Math.abs(message.at - Date.now())).toBeLessThan(60_000);
      });

      it("except what is no text: a lone surrogate is a replacement character, also in a retry", async () => {
        expect((await send("a\ud800b", { nonce: "n" })).text).toBe("a\ufffdb");
        expect((await log.append(draft("a\ud800b", { nonce: "n" }))).outcome).toBe("repeated");
        expect(texts(await all())).toEqual(["a\ufffdb"]);
      });

      it("refuses data beyond 8 KiB or 100 levels instead of losing it", async () => {
        const sized = (bytes: number) => ({ a: "x".repeat(bytes - '{"a":""}'.length) });
        expect((await send("a", { data: sized(8_192) })).data).toEqual(sized(8_192));
        await expect(send("b", { data: sized(8_193) })).rejects.toMatchObject({ code: "too_large" });
        const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
        expect((await send("c", { data: nested(100) })).data).toEqual(nested(100));
        const endless: Record<string, unknown> = {};
        endless.a = endless;
        for (const data of [nested(101), nested(5_000), endless]) {
          await expect(send("d", { data })).rejects.toMatchObject({ code: "too_large" });
        }
        expect((await all()).map(({ data }) => data)).toEqual([sized(8_192), nested(100)]);
      });
    });

    describe("guarantee 8: no listener, no work", () => {
      it("runs no timer while nobody listens, and one at most for everybody who does", async () => {
        const timers = new Set<unknown>();
        const set = vi.spyOn(globalThis, "setInterval").mockImplementation((() => {
          const timer = { unref() {} };
          timers.add(timer);
          return timer;
        }) as unknown as typeof setInterval);
        const clear = vi
          .spyOn(globalThis, "clearInterval")
          .mockImplementation((timer) => void timers.delete(timer));
        try {
          await send("a");
          await all();
          expect(timers.size).toBe(0);
          const offs = [log.onChange(() => {}), log.onChange(() => {})];
          expect(timers.size).toBeLessThanOrEqual(1);
          offs[0]?.();
          expect(timers.size).toBeLessThanOrEqual(1);
          offs[1]?.();
          expect(timers.size).toBe(0);
          log.onChange(() => {});
          expect(timers.size).toBeLessThanOrEqual(1);
          await log.close();
          expect(timers.size).toBe(0);
          log.onChange(() => {});
          expect(timers.size).toBe(0);
        } finally {
          set.mockRestore();
          clear.mockRestore();
        }
      });
    });

    describe("guarantee 9: the log has an epoch", () => {
      it("which fits a cursor and stays with the database", async () => {
        expect(log.epoch).toMatch(/^[A-Za-z0-9]{4,8}$/);
        const { epoch } = log;
        expect((await under.another()).epoch).toBe(epoch);
        await send("a");
        expect((await under.reopen()).epoch).toBe(epoch);
      });

      it("and differs from that of another database", async () => {
        const others = [await make(), await make()];
        const epochs = [log.epoch, ...others.map((other) => other.log.epoch)];
        for (const other of others) await other.dispose();
        expect(new Set(epochs).size).toBe(3);
      });
    });

    describe("guarantee 10: what was removed to keep less is said", () => {
      const fill = async (...rooms: readonly string[]) => {
        for (const room of rooms) await send(`in ${room}`, { room });
        return ids(await all());
      };

      it("to a reader from below it, in this room and among others, with the rows that are left", async () => {
        const [, , b = 0, c = 0] = await fill("a", "b", "a", "a");
        await under.prune("a", b);
        expect(await log.since(["a"], 0, 10)).toMatchObject({ messages: [{ id: c }], more: false, gap: b });
        expect((await log.since(["a"], b - 1, 10)).gap).toBe(b);
        expect((await log.since(["b", "a"], 0, 1)).gap).toBe(b);
        expect((await log.since("all", 0, 10)).gap).toBe(b);
        expect((await (await under.another()).since(["a"], 0, 10)).gap).toBe(b);
      });

      it("but not to one who had the last of it, nor in another room, nor backwards", async () => {
        const [, , b = 0] = await fill("a", "b", "a", "a");
        await under.prune("a", b);
        expect(await log.since(["a"], b, 10)).not.toHaveProperty("gap");
        expect(await log.since("all", b, 10)).not.toHaveProperty("gap");
        expect(await log.since(["b"], 0, 10)).not.toHaveProperty("gap");
        expect(await log.since([], 0, 10)).not.toHaveProperty("gap");
        expect(await log.before(["a"], Number.MAX_SAFE_INTEGER, 10)).not.toHaveProperty("gap");
      });

      it("and a row that somebody deleted otherwise is no gap", async () => {
        const [a = 0] = await fill("a", "a");
        await under.remove([a]);
        await under.prune("a", a);
        expect(await log.since(["a"], 0, 10)).not.toHaveProperty("gap");
      });

      it("also when nothing is left, after the log is opened again, and for ever", async () => {
        const [, b = 0] = await fill("a", "a");
        await under.prune("a", b);
        await under.prune("a", b - 1);
        log = await under.reopen();
        expect(await log.since(["a"], 0, 10)).toEqual({ messages: [], more: false, gap: b });
        expect(await log.newest()).toBe(b);
        expect((await send("c", { room: "a" })).id).toBeGreaterThan(b);
      });

      it("and a retry of a removed message is still known", async () => {
        const { message } = await log.append(draft("a", { nonce: "n" }));
        await under.prune("lobby", message.id);
        expect(await log.append(draft("a", { nonce: "n" }))).toMatchObject({
          outcome: "repeated",
          message: { id: message.id, text: "a" },
        });
        expect(await all()).toEqual([]);
      });

      it("whatever is read while rows are removed: each is seen, or said to be missing", async () => {
        const other = await under.another();
        const sent = await fill(...Array.from({ length: 120 }, (_, n) => (n % 3 === 0 ? "b" : "a")));
        const inA = sent.filter((_, n) => n % 3 !== 0);
        const pruning = (async () => {
          for (const id of inA.slice(0, 60)) {
            await under.prune("a", id);
            await new Promise<void>((resolve) => setImmediate(resolve));
          }
        })();
        const read = async (at: MessageLog) => {
          const seen: number[] = [];
          let gap = 0;
          for (let after = 0; ; ) {
            const batch = await at.since(["a"], after, 3);
            gap = Math.max(gap, batch.gap ?? 0);
            seen.push(...ids(batch.messages));
            after = Math.max(after, seen.at(-1) ?? 0);
            if (!batch.more) return inA.filter((id) => id > gap && !seen.includes(id));
            await new Promise<void>((resolve) => setImmediate(resolve));
          }
        };
        const readers = await Promise.all([log, other].flatMap((at) => [read(at), read(at)]));
        await pruning;
        expect(readers).toEqual([[], [], [], []]);
      });
    });
  });
}
