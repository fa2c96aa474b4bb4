/** The judge of the torture runs sees what processes tell wrongly: to readers of one moment, pages, and at the end. */
import { expect, test } from "vitest";
import { at, changed, goodHistory } from "./good-history.js";
import type { History } from "./history.js";
import { judge } from "./judge.js";

type Shown = History["pages"][number]["shown"][number];

function withShown(change: (shown: Shown) => Shown): (run: History) => History {
  return (run) => {
    const page = at(run.pages, 0);
    return { ...run, pages: [{ ...page, shown: changed(page.shown, 6, change(at(page.shown, 6))) }] };
  };
}

test.each<[string, RegExp, (run: History) => History]>([
  [
    "a process has another log than the others",
    /process 2 has row 22 .* where the log has row 21 /,
    (run) => ({
      ...run,
      views: changed(run.views, 1, { process: "process 2", rows: changed(run.log, 20) }),
    }),
  ],
  [
    "a row cannot be read right after its acknowledgement",
    /row 5 was acknowledged, and a read on process 2 /,
    (run) => ({ ...run, lookUps: changed(run.lookUps, 0, { ...at(run.lookUps, 0), isThere: false }) }),
  ],
  [
    "a quiet room is woken by nothing",
    /not woken by poll on the same process: never/,
    (run) => ({ ...run, probes: changed(run.probes, 0, { ...at(run.probes, 0), wakeMs: null }) }),
  ],
  [
    "a quiet room is woken far too late",
    /not woken by ws on another process: 4001/,
    (run) => ({ ...run, probes: changed(run.probes, 1, { ...at(run.probes, 1), wakeMs: 4001 }) }),
  ],
  [
    "a page has made an element of a text",
    /a page of process 1 shows null for row 7/,
    withShown(({ id }) => ({ id, text: null })),
  ],
  [
    "a page shows a row that is not in the log",
    /a page of process 1 shows "text 6" for row 70/,
    withShown(({ text }) => ({ id: 70, text })),
  ],
  [
    "a session is forgotten",
    /Ana signed in, and is nobody on process 2/,
    (run) => ({ ...run, known: changed(run.known, 1, { ...at(run.known, 1), knownAs: null }) }),
  ],
  [
    "a session has become somebody else's",
    /Ana signed in, and is Bo on process 2/,
    (run) => ({ ...run, known: changed(run.known, 1, { ...at(run.known, 1), knownAs: "Bo" }) }),
  ],
  [
    "a process ends by itself",
    /ended by itself/,
    (run) => ({ ...run, troubles: ["process 1 ended by itself with 1"] }),
  ],
])("%s", (_, fault, breakIt) => {
  const { outcome, faults } = judge(breakIt(goodHistory()));
  expect(outcome).toBe("FAIL");
  expect(faults.join("\n")).toMatch(fault);
});
