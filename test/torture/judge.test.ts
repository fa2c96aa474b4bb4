/** The judge of the torture runs sees each fault that it is there for, and takes no empty run for a good one. */
import { describe, expect, test } from "vitest";
import { at, changed, goodHistory } from "./good-history.js";
import type { History, Row } from "./history.js";
import { judge } from "./judge.js";

function withHeard(change: (rows: readonly Row[]) => readonly Row[]): (run: History) => History {
  return (run) => {
    const heard = at(run.heard, 1);
    return { ...run, heard: changed(run.heard, 1, { ...heard, rows: change(heard.rows) }) };
  };
}

test("a run in which every promise was kept is found so, with its counts", () => {
  expect(judge(goodHistory())).toEqual({
    outcome: "PASS",
    faults: [],
    counts: {
      ...{
        rows: 60,
        acks: 60,
        kills: 4,
        stops: 1,
        freezes: 1,
        cuts: 1,
        crashes: 1,
        hangs: 1,
        backendCuts: 2,
        workerKills: 1,
        rolls: 1,
        hopFaults: 6,
        unanswered: 8,
        hungUp: 3,
        framed: 20,
        foreign: 5,
      },
      ...{ found: 6, heard: 132, lookUps: 12, pages: 1, known: 2, probes: 3, wakeMsMedian: 5, wakeMsMax: 9 },
    },
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
      "a reader who came late has an earlier row",
      /late has row 12 .* where the log has row 14 /,
      (run) => ({
        ...run,
        heard: changed(run.heard, 2, {
          ...at(run.heard, 2),
          rows: [at(run.log, 11), ...at(run.heard, 2).rows],
        }),
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
    const { outcome, faults } = judge(breakIt(goodHistory()));
    expect(outcome).toBe("FAIL");
    expect(faults.join("\n")).toMatch(fault);
  });
});
