/** What a store on PostgreSQL counts, and how much it puts into one answer. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/core/store.js";
import { Tail } from "../../src/core/tail.js";
import { openPostgres, type PostgresOptions } from "../../src/store/postgres.js";
import { emptyDatabase } from "../support/emptied-postgres.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

const author = { id: 7, name: "Ana" };
const draft = { room: "lobby", author, text: "a" };

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  /** Stores on one database, as of as many processes. */
  async function open(count: number, options: Partial<PostgresOptions> = {}): Promise<readonly Store[]> {
    const { url, giveBack } = await emptyDatabase();
    onTestFinished(giveBack);
    const stores = await Promise.all(Array.from({ length: count }, () => openPostgres({ url, ...options })));
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
    return stores;
  }

  const change = async ({ counts }: Store, act: () => Promise<unknown>) => {
    const { commits, writes, appended } = counts;
    await act();
    return [counts.commits - commits, counts.writes - writes, counts.appended - appended];
  };

  it("appends that share a commit are one commit and as many writes", async () => {
    const [store] = (await open(1)) as [Store];
    const { log } = store;
    expect(await change(store, () => log.append(draft))).toEqual([1, 1, 1]);
    expect(await change(store, () => Promise.all([1, 2, 3].map(() => log.append(draft))))).toEqual([1, 3, 3]);
  });

  it("so are those of one turn of the event loop, whichever callback they come from", async () => {
    const [store] = (await open(1)) as [Store];
    const inCallback = () => new Promise((done) => setImmediate(() => done(store.log.append(draft))));
    expect(await change(store, () => Promise.all([1, 2, 3].map(inCallback)))).toEqual([1, 3, 3]);
  });

  it("a repeated send is a write, and no row that was appended; nor is one that was refused", async () => {
    const [store] = (await open(1)) as [Store];
    const { log } = store;
    await log.append({ ...draft, nonce: "n" });
    expect(await change(store, () => log.append({ ...draft, nonce: "n" }))).toEqual([1, 1, 0]);
    const refused = [log.append({ ...draft, text: "\0" }), log.append(draft)];
    expect(await change(store, () => Promise.allSettled(refused))).toEqual([1, 1, 1]);
  });

  it("what else is written counts, too, and what is read does not", async () => {
    const [store] = (await open(1)) as [Store];
    const record = { data: "{}", expiresAt: Date.now() + 60_000 };
    expect(await change(store, () => store.sessions.write("s", record))).toEqual([1, 1, 0]);
    expect(await change(store, () => store.users.create({ shown: "Ana", folded: "ana" }))).toEqual([1, 1, 0]);
    expect(await change(store, () => store.check())).toEqual([1, 1, 0]);
    const reads = [store.log.since("all", 0, 10), store.log.newest(), store.sessions.read("s")];
    expect(await change(store, () => Promise.all(reads))).toEqual([0, 0, 0]);
  });

  it("own rows and those of others are told apart, also where one is read before its writer hears of it", async () => {
    const [store, other] = (await open(2)) as [Store, Store];
    const { log, counts } = store;
    const tail = new Tail(log, { counts });
    const ends = new AbortController();
    const batches = tail.follow(["lobby"], 0, { signal: ends.signal });
    let seen = 0;
    const reading = (async () => {
      for await (const { messages } of batches) seen += messages.length;
    })();
    await until(() => tail.following !== null, "the log followed");
    const rounds = 150;
    await Promise.all(
      [store, other].map(async (writer) => {
        for (let n = 0; n < rounds; n++) await writer.log.append(draft);
      }),
    );
    await until(() => seen === 2 * rounds, "all rows read");
    ends.abort();
    await reading;
    expect([counts.appended, counts.appendedByOthers]).toEqual([rounds, rounds]);
  });

  it("a herd of readers is in the way neither of a send nor of the tail", async () => {
    const [{ log }] = (await open(1)) as [Store];
    await Promise.all(Array.from({ length: 500 }, () => log.append(draft)));
    const read = new Set<number>();
    let herdDone = 0;
    const herd = Array.from({ length: 400 }, async (_, after) => {
      read.add((await log.since(["lobby"], after, 50)).messages.length);
      return herdDone++;
    });
    const [{ message }, { messages }] = await Promise.all([log.append(draft), log.since("all", 499, 10)]);
    expect([message.id, messages[0]?.id]).toEqual([501, 500]);
    expect(herdDone).toBeLessThan(200);
    expect(await Promise.all(herd)).toHaveLength(400);
    expect([...read]).toEqual([50]);
  });

  it("a batch holds as much text as an answer may, data included, and always one message", async () => {
    const [{ log }] = (await open(1, { answerBytesMax: 1000 })) as [Store];
    const text = "x".repeat(400);
    for (const more of [{}, {}, {}, { data: { a: text } }, { text: "x".repeat(3000) }])
      await log.append({ ...draft, text, ...more });
    const sizes: number[] = [];
    for (let after = 0, more = true; more; ) {
      const batch = await log.since(["lobby"], after, 100);
      sizes.push(batch.messages.length);
      after = batch.messages.at(-1)?.id ?? 0;
      more = batch.more;
    }
    expect(sizes).toEqual([2, 1, 1, 1]);
    expect((await log.since("all", 0, 100)).messages).toHaveLength(2);
    expect((await log.before(["lobby"], Number.MAX_SAFE_INTEGER, 100)).messages).toHaveLength(1);
    expect((await log.before(["lobby"], 4, 100)).messages.map(({ id }) => id)).toEqual([2, 3]);
  });
});
