/** The judge of the kill runs sees each fault that it is there for, and takes no empty run for a good one. */
import { describe, expect, test } from "vitest";
import { type History, judge, type Row } from "../support/verdict.js";

const KILLS = 4;
const ROWS = 60;

/** A run in which every promise was kept: 60 rows in two rooms, each tenth found by a retry. */
function goodRun(): History {
  const log: Row[] = Array.from({ length: ROWS }, (_, n) => ({
    id: n + 1,
    room: n % 3 === 0 ? "annex" : "lobby",
    text: `text ${n}`,
    nonce: `n${n}`,
  }));
  const reader = (name: string, rooms: readonly string[]) => {
    const rows = log.filter(({ room }) => rooms.includes(room));
    return { reader: name, rooms, rows, cut: KILLS, resets: 0 };
  };
  return {
    kills: KILLS,
    unanswered: 2 * KILLS,
    hungUp: 3,
    log,
    sent: log.map(({ nonce, room, text }, n) => ({ nonce: nonce ?? "", room, text, begunAt: 10 * n })),
    acks: log.map(({ id, nonce }, n) => ({
      nonce: nonce ?? "",
      id,
      status: n % 10 === 0 ? 200 : 201,
      at: 10 * n + 15,
    })),
    heard: [reader("lobby", ["lobby"]), reader("both", ["lobby", "annex"])],
  };
}

/** A copy of a list with one element changed, or taken out, or doubled. */
function changed<T>(list: readonly T[], at: number, ...instead: T[]): readonly T[] {
  return list.toSpliced(at, 1, ...instead);
}

function at<T>(list: readonly T[], index: number): T {
  const value = list.at(index);
  if (value === undefined) throw new RangeError(`Nothing at ${index}`);
  return value;
}

function withHeard(change: (rows: readonly Row[]) => readonly Row[]): (run: History) => History {
  return (run) => {
    const heard = at(run.heard, 1);
    return { ...run, heard: [at(run.heard, 0), { ...heard, rows: change(heard.rows) }] };
  };
}

test("a run in which every promise was kept is found so, with its counts", () => {
  expect(judge(goodRun())).toEqual({
    outcome: "kept",
    faults: [],
    counts: { kills: 4, rows: 60, acks: 60, unanswered: 8, hungUp: 3, found: 6, heard: 100 },
  });
});

describe("a broken promise is seen", () => {
  test.each<[string, RegExp, (run: History) => History]>([
    [
      "an acknowledged row is not there",
      /n7 was acknowledged as 8, and there is no such row/,
      (run) => ({
        ...run,
        log: changed(run.log, 7),
        heard: run.heard.map((heard) => ({ ...heard, rows: heard.rows.filter(({ id }) => id !== 8) })),
      }),
    ],
    [
      "an acknowledgement names another message's row",
      /n7 was acknowledged as 9, and that row is another/,
      (run) => ({
        ...run,
        acks: changed(run.acks, 7, { ...at(run.acks, 7), id: 9 }),
      }),
    ],
    [
      "a retry got another id",
      /n7 was answered with id 8, and with 9/,
      (run) => ({
        ...run,
        acks: [...run.acks, { ...at(run.acks, 7), id: 9, at: 1000 }],
      }),
    ],
    [
      "a message is there twice",
      /n7 is there twice, the second time as 61/,
      (run) => ({
        ...run,
        log: [...run.log, { ...at(run.log, 7), id: 61 }],
      }),
    ],
    [
      "a row was sent by nobody",
      /row 61 was sent by nobody/,
      (run) => ({
        ...run,
        log: [...run.log, { id: 61, room: "lobby", text: "invented", nonce: "x" }],
      }),
    ],
    [
      "an id was given again",
      /row 60 comes after row 60/,
      (run) => ({
        ...run,
        log: [...run.log, at(run.log, -1)],
      }),
    ],
    [
      "a later send has a smaller id",
      /n1 is row 2, and began after row 60 was answered/,
      (run) => ({ ...run, acks: changed(run.acks, 59, { ...at(run.acks, 59), at: 1 }) }),
    ],
    [
      "a reader lacks a row in the middle",
      /both has row 22 .* where the log has row 21 /,
      withHeard((rows) => changed(rows, 20)),
    ],
    [
      "a reader lacks the last row",
      /both has nothing where the log has row 60 /,
      withHeard((rows) => changed(rows, 59)),
    ],
    [
      "a reader has a row twice",
      /both has row 21 .* where the log has row 22 /,
      withHeard((rows) => changed(rows, 20, at(rows, 20), at(rows, 20))),
    ],
    [
      "a reader has two rows the other way round",
      /both has row 22 .* where the log has row 21 /,
      withHeard((rows) => rows.toSpliced(20, 2, at(rows, 21), at(rows, 20))),
    ],
    [
      "a reader has a row that is not in the log",
      /both has row 61 .* where the log has nothing/,
      withHeard((rows) => [...rows, { id: 61, room: "lobby", text: "invented", nonce: null }]),
    ],
    [
      "a reader has another text",
      /both has row 21 .*changed.* where the log has row 21 /,
      withHeard((rows) => changed(rows, 20, { ...at(rows, 20), text: "changed" })),
    ],
    [
      "a reader has a row of a room that it did not ask for",
      /lobby has row 1 \(annex/,
      (run) => ({
        ...run,
        heard: changed(run.heard, 0, { ...at(run.heard, 1), reader: "lobby", rooms: ["lobby"] }),
      }),
    ],
    [
      "a reader was told that its cursor means nothing",
      /both was told 1 times/,
      (run) => ({
        ...run,
        heard: changed(run.heard, 1, { ...at(run.heard, 1), resets: 1 }),
      }),
    ],
  ])("%s", (_, fault, breakIt) => {
    const { outcome, faults } = judge(breakIt(goodRun()));
    expect(outcome).toBe("BROKEN");
    expect(faults.join("\n")).toMatch(fault);
  });
});

describe("a run in which too little happened is not taken for a good one", () => {
  test.each<[string, RegExp, (run: History) => History]>([
    ["nothing was killed", /nothing was killed/, (run) => ({ ...run, kills: 0 })],
    [
      "few sends were acknowledged",
      /only 60 acknowledged sends for 7 kills/,
      (run) => ({ ...run, kills: 7 }),
    ],
    ["every send was answered", /only 0 sends were cut off/, (run) => ({ ...run, unanswered: 0 })],
    [
      "no retry found its row",
      /only 0 retries/,
      (run) => ({ ...run, acks: run.acks.map((ack) => ({ ...ack, status: 201 })) }),
    ],
    ["nobody read", /nobody read/, (run) => ({ ...run, heard: [] })],
    [
      "a reader was never cut off",
      /both has 60 rows and was cut off 0 times/,
      (run) => ({
        ...run,
        heard: changed(run.heard, 1, { ...at(run.heard, 1), cut: 0 }),
      }),
    ],
  ])("%s", (_, lack, change) => {
    const { outcome, faults } = judge(change(goodRun()));
    expect(outcome).toBe("INCONCLUSIVE");
    expect(faults).toContainEqual(expect.stringMatching(lack));
  });
});
