/** A move that is cut off, killed, refused, or made in two runs beside a running server. */
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open.js";
import { startWire } from "../support/counting-wire.js";
import { aLog, allOf, ask } from "../support/moves.js";
import { runProgram } from "../support/program.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

/** `place` of the text that a run says while it is refused. */
const HALF = /A log is moving into \S+, and not all of it is there/;

describe.skipIf(tools.postgres === null)("a move to PostgreSQL", () => {
  it("that loses its connection at any step is run again, and everything is there once", async () => {
    const log = await aLog();
    const whole = await freshDatabase();
    // What an unbroken move makes; of a copy, as the log moves once.
    const twin = await aLog();
    const { epoch } = (await openStore({ url: log.path })).log;
    twin.change(`UPDATE log SET epoch = '${epoch}'`);
    await twin.move(whole);
    const url = await freshDatabase();
    let [cutAt, steps, cuts] = [1, 0, 0];
    const wire = await startWire(Number(new URL(url).port), () => {
      steps += 1;
      return steps !== cutAt;
    });
    const address = new URL(url);
    address.port = String(wire.port);
    for (; ; cutAt += STRIDE, steps = 0) {
      const outcome = await log.move(address.href, { isStopped: true }).catch((error: Error) => error);
      if (!(outcome instanceof Error)) break;
      cuts += 1;
      expect(outcome.message, `cut at ${cutAt}`).toMatch(
        /cannot be reached, or has ended|cannot be reached\. /,
      );
      // No server may be on both, or on half a log.
      const [file, postgres] = await Promise.all([starts(log.path), starts(url)]);
      expect([file, postgres], `cut at ${cutAt}`).not.toEqual([true, true]);
    }
    await wire.close();
    expect(cuts).toBeGreaterThan(5);
    const [is, was] = [await allOf(url), await allOf(whole)];
    // Times that the database has set by itself are those of the one file or of the other.
    expect(is).toEqual(JSON.parse(JSON.stringify(was)));
  });
});

const STRIDE = 9;

async function starts(url: string): Promise<boolean> {
  try {
    await (await openStore({ url })).close();
    return true;
  } catch {
    return false;
  }
}
