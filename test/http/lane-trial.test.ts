/** The Node that runs this is one from whose parsers polls are taken. */
import { expect, it } from "vitest";
import { parserLaneWorks } from "../../src/http/parser-lane-trial.js";

it(`the trial succeeds on Node ${process.versions.node}`, async () => {
  const works = await parserLaneWorks();
  console.log(`Node ${process.versions.node}: parserLaneWorks() is ${works}`);
  expect(works).toBe(true);
});
