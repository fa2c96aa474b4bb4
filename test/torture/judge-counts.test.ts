/** The judge of the torture runs takes no run in which too little happened for a good one. */
import { describe, expect, test } from "vitest";
import { at, changed, goodHistory } from "./good-history.js";
import type { History } from "./history.js";
import { judge } from "./judge.js";

describe("a run in which too little happened is not taken for a good one", () => {
  test.each<[string, RegExp, (run: History) => History]>([
    [
      "nothing was killed",
      /nothing was killed/,
      (run) => ({ ...run, acts: { ...run.acts, kill: 0, killAll: 0, killStarting: 0 } }),
    ],
    [
      "few sends were acknowledged",
      /only 60 acknowledged sends for 7 kills/,
      (run) => ({ ...run, acts: { ...run.acts, kill: 5 } }),
    ],
    ["every send was answered", /only 0 sends were cut off/, (run) => ({ ...run, unanswered: 0 })],
    [
      "no retry found its row",
      /only 0 retries/,
      (run) => ({ ...run, acks: run.acks.map((ack) => ({ ...ack, isRetry: false })) }),
    ],
    ["no frame was answered", /no send was answered in a frame/, (run) => ({ ...run, framed: 0 })],
    ["no row is another program's", /no other program wrote a row/, (run) => ({ ...run, foreign: 0 })],
    ["nobody read", /nobody read/, (run) => ({ ...run, heard: [] })],
    [
      "a reader was never cut off",
      /both has 60 rows and was cut off 0 times/,
      (run) => ({
        ...run,
        heard: changed(run.heard, 1, { ...at(run.heard, 1), cut: 0 }),
      }),
    ],
    [
      "a transport was never used",
      /nobody got a row by sse/,
      (run) => ({ ...run, heard: run.heard.map((heard) => ({ ...heard, by: { ...heard.by, sse: 0 } })) }),
    ],
    ["a process was not read", /only 1 of 2 processes/, (run) => ({ ...run, views: run.views.slice(1) })],
    ["no quiet room was listened to", /no quiet room/, (run) => ({ ...run, probes: [] })],
    ["nothing was looked up", /nothing was read right after/, (run) => ({ ...run, lookUps: [] })],
    ["no page was looked at", /no page/, (run) => ({ ...run, pages: [] })],
    ["nobody signed in", /nobody signed in/, (run) => ({ ...run, known: [] })],
    [
      "the database was never ended, and only kills were asked for",
      /no crash happened/,
      (run) => ({ ...run, what: "kill", acts: { ...run.acts, crash: 0 } }),
    ],
    [
      "no listener was cut off",
      /no deafen happened/,
      (run) => ({ ...run, acts: { ...run.acts, deafen: 0 } }),
    ],
    ["nothing was frozen", /no freeze happened/, (run) => ({ ...run, acts: { ...run.acts, freeze: 0 } })],
    [
      "no answer was lost on its way",
      /no connection was dropped/,
      (run) => ({ ...run, struck: { ...run.struck, dropped: 0 } }),
    ],
  ])("%s", (_, lack, change) => {
    const { outcome, faults } = judge(change(goodHistory()));
    expect(outcome).toBe("INCONCLUSIVE");
    expect(faults).toContainEqual(expect.stringMatching(lack));
  });
});

test("what cannot be done in a run is not missed, nor what was not asked for", () => {
  const run = goodHistory();
  const { crash, hang, terminate, deafen, killWorker, roll, ...acts } = run.acts;
  expect(judge({ ...run, acts }).outcome).toBe("PASS");
  const few = { ...run.acts, stop: 0, freeze: 0, deafen: 0, roll: 0 };
  expect(judge({ ...run, what: "kill", acts: few }).outcome).toBe("PASS");
});
