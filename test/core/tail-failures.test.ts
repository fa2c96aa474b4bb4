/** What readers notice of a read that fails: nothing, or an error, once. */
import { describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { RecordingReader } from "../support/recording-reader.js";
import { enter, log, tail } from "../support/tail-bench.js";
import { turn } from "../support/turn.js";

const FOR_EVER = Number.POSITIVE_INFINITY;

fakeTimers();

describe("a read that fails", () => {
  it("after a ring leaves everybody parked, and is made again", async () => {
    const { reader } = await enter("a");
    log.failNext(2);
    log.land("a");
    await turn();
    vi.advanceTimersByTime(1000);
    await turn();
    expect(reader).toMatchObject({ heard: [], failures: [] });
    vi.advanceTimersByTime(1000);
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("after a ring is made again by the next ring, if that comes first", async () => {
    const { reader } = await enter("a");
    log.failNext(1);
    log.land("a");
    await turn();
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1 2"]);
  });

  it("is not made again when the last reader has gone meanwhile", async () => {
    const { place } = await enter("a");
    log.failNext(1);
    log.land("a");
    await turn();
    place.leave();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("as a reader's first one is told to that reader alone, once", async () => {
    const parked = await enter("a");
    log.failNext(1);
    const { reader } = await enter("b", 0, { waitMs: 1000 });
    vi.advanceTimersByTime(2000);
    log.land("b");
    await turn();
    expect(reader.answers).toEqual([]);
    expect(reader.failures).toEqual([expect.objectContaining({ code: "storage_busy" })]);
    expect(parked.reader).toMatchObject({ heard: [], failures: [] });
    expect(tail.parked).toBe(1);
  });

  it("for the end of the log is told to all who wait for it, and the next reader starts anew", async () => {
    log.steps.isHolding = true;
    const waiting = [await enter("a", 0, { waitMs: 1000 }), await enter("b")];
    log.failNext(1);
    log.steps.releaseAll();
    await turn();
    for (const { reader } of waiting) expect(reader).toMatchObject({ answers: [], failures: [{}] });
    expect([tail.parked, log.listeners, vi.getTimerCount()]).toEqual([0, 0, 0]);
    const { reader } = await enter("a");
    log.land("a");
    await turn();
    expect(reader.heard).toEqual(["rows 1"]);
  });

  it("for the end of the log is not told to a reader that came after those who waited for it had gone", async () => {
    log.steps.isHolding = true;
    const gone = await enter("a");
    gone.place.leave();
    const { reader } = await enter("a");
    log.failNext(1);
    log.steps.releaseAll();
    await turn();
    log.land("a");
    await turn();
    expect(reader).toMatchObject({ heard: ["rows 1"], failures: [] });
    expect(gone.reader).toMatchObject({ heard: [], failures: [] });
  });

  it("for the end of the log does not deafen a reader that enters while the others are told", async () => {
    log.steps.isHolding = true;
    const again = new RecordingReader("a", 0);
    const first = new RecordingReader("a", 0);
    first.fail = () => void tail.enter(again, FOR_EVER);
    tail.enter(first, FOR_EVER);
    await enter("a");
    log.failNext(1);
    log.steps.releaseAll();
    await turn();
    log.land("a");
    await turn();
    expect(again.heard).toEqual(["rows 1"]);
  });
});
