/** What the tail answers from memory is never what the log would not say: no removed text, no row left out or doubled. */
import { beforeEach, describe, expect, it } from "vitest";
import { RecordingReader } from "../support/recording-reader.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

/** Somebody elsewhere, for whom the log is followed all the time. */
let witness: Awaited<ReturnType<typeof enter>>;

beforeEach(async () => {
  witness = await enter("elsewhere");
});

/** Memory then reaches back to `after`. */
async function read(room: string, after: number): Promise<void> {
  (await enter(room, after)).place.leave();
}

async function land(room: string, draft: Parameters<typeof log.land>[1] = {}): Promise<void> {
  log.land(room, draft);
  await turn();
}

const textsOf = ({ answers }: RecordingReader) =>
  answers.flatMap(({ batch }) => batch.messages.map(({ text }) => text));

/** Those of a reader who comes now, and whether it took a read. */
async function textsAfter(after: number) {
  const reads = log.reads.length;
  const { reader, place } = await enter("a", after);
  place.leave();
  return { texts: textsOf(reader), reads: log.reads.length - reads };
}

describe("a message that was removed", () => {
  beforeEach(async () => {
    await read("a", 0);
    await land("a", { text: "the old text" });
    expect(await textsAfter(0)).toEqual({ texts: ["the old text"], reads: 0 });
  });

  it("is without its text for a reader who comes with an old cursor after the delete row", async () => {
    await land("a", { kind: "delete", text: "", ref: 1 });
    expect(await textsAfter(0)).toEqual({ texts: ["", ""], reads: 1 });
    // From what was read now, and not from what was kept before.
    expect(await textsAfter(0)).toEqual({ texts: ["", ""], reads: 0 });
  });

  it("is so, too, for one who is woken with the delete row and asks again at once from an older cursor", async () => {
    const again = new RecordingReader("a", 0);
    const woken = new RecordingReader("a", 1);
    const wake = woken.wake.bind(woken);
    woken.wake = (batch, why) => {
      wake(batch, why);
      tail.enter(again, FOR_EVER);
    };
    tail.enter(woken, FOR_EVER);
    await turn();
    await land("a", { kind: "delete", text: "", ref: 1 });
    expect(woken.heard).toEqual(["rows 2"]);
    expect([again.heard, textsOf(again)]).toEqual([["rows 1 2"], ["", ""]]);
  });

  it("is so, too, after a read that looked before the removal, and was answered when the tail had heard of it", async () => {
    log.table.insert({ room: "c", text: "the old text" });
    log.steps.isHolding = true;
    const { reader } = await enter("c", 0);
    log.steps.release("look c");
    log.land("c", { kind: "delete", text: "", ref: 2 });
    log.steps.release("ring");
    log.steps.release("look all");
    log.steps.release("answer all");
    await turn();
    log.steps.isHolding = false;
    log.steps.releaseAll();
    await turn();
    expect(reader.heard).toEqual(["rows 2"]);
    const later = await enter("c", 0);
    expect([later.reader.heard, textsOf(later.reader)]).toEqual([["rows 2 3"], ["", ""]]);
  });
});

describe("a row", () => {
  it("that a read found before the tail came to it is not doubled for those who come later", async () => {
    log.steps.isHolding = true;
    log.land("a");
    const first = await enter("a", 0);
    log.steps.release("look a");
    log.steps.release("answer a");
    await turn();
    expect(first.reader.heard).toEqual(["rows 1"]);
    log.steps.isHolding = false;
    log.steps.releaseAll();
    await turn();
    expect(tail.seen).toBe(1);
    await land("a");
    expect((await enter("a", 0)).reader.heard).toEqual(["rows 1 2"]);
  });

  it("that landed while a reader read is not left out of what is kept: that read is not believed", async () => {
    log.table.insert({ room: "a" });
    log.steps.isHolding = true;
    const first = await enter("a", 0);
    log.steps.release("look a");
    log.land("a");
    log.steps.release("ring");
    log.steps.release("look all");
    log.steps.release("answer all");
    await turn();
    expect(tail.seen).toBe(2);
    log.steps.isHolding = false;
    log.steps.releaseAll();
    await turn();
    expect(first.reader.heard).toEqual(["rows 1"]);
    await land("a");
    expect((await enter("a", 0)).reader.heard).toEqual(["rows 1 2 3"]);
    expect((await enter("a", 1)).reader.heard).toEqual(["rows 2 3"]);
  });

  it("that lands while nobody follows is not left out: nothing is kept over that time", async () => {
    await read("a", 0);
    await land("a");
    expect((await enter("a", 0)).reader.heard).toEqual(["rows 1"]);
    witness.place.leave();
    expect(tail.following).toBeNull();
    await land("a");
    witness = await enter("elsewhere");
    await land("a");
    expect(await textsAfter(0)).toEqual({ texts: ["hello", "hello", "hello"], reads: 1 });
  });
});

it("readers who come back with one cursor share one frozen batch, until a row lands", async () => {
  await read("a", 0);
  await land("a");
  const batchOf = async () => (await enter("a", 0)).reader.answers[0]?.batch;
  const batch = await batchOf();
  expect(Object.isFrozen(batch)).toBe(true);
  expect(await batchOf()).toBe(batch);
  await land("a");
  expect(await batchOf()).not.toBe(batch);
});
