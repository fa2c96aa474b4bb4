/** A count that several processes share makes no outage of its own: while it gives no answer, each counts for itself. */
import { describe, expect, it, vi } from "vitest";
import { InsuredRates } from "../../src/core/insured-rates.js";
import type { Rate, Rates, UsedUp } from "../../src/core/rates.js";
import { MemoryRates } from "../../src/http/rates.js";
import { fakeTimers } from "../support/fake-timers.js";

const RATE: Rate = { key: "a", max: 1, windowS: 3600 };
const USED_UP: UsedUp = { at: 0, waitS: 3600 };
const gone = async () => {
  throw new Error("the database is away");
};

/** The shared one over a memory of its own, as it is told to behave. */
function insured() {
  const inner = new MemoryRates();
  const shared = {
    take: vi.fn<Rates["take"]>((rates) => inner.take(rates)),
    giveBack: vi.fn<Rates["giveBack"]>((rates) => inner.giveBack(rates)),
  };
  const said: string[] = [];
  const logger = { info() {}, error() {}, warn: (_fields: object, text: string) => said.push(text) };
  return { rates: new InsuredRates(shared, new MemoryRates(), logger), shared, inner, said };
}

describe("shared rates", () => {
  fakeTimers();

  it("that answer are believed, and nothing is counted here", async () => {
    const { rates, shared, said } = insured();
    await rates.take([RATE]);
    expect(await rates.take([RATE])).toEqual(USED_UP);
    shared.take.mockImplementation(gone);
    expect(await rates.take([RATE])).toBeNull();
    expect(said).toHaveLength(1);
  });

  it("that fail are counted here, said once, and asked again at once", async () => {
    const { rates, shared, said } = insured();
    shared.take.mockImplementation(gone);
    expect(await rates.take([RATE])).toBeNull();
    expect(await rates.take([RATE])).toEqual(USED_UP);
    expect([shared.take.mock.calls.length, said.length]).toEqual([2, 1]);
    shared.take.mockReturnValue(null);
    expect(await rates.take([RATE])).toBeNull();
    shared.take.mockImplementation(gone);
    await rates.take([RATE]);
    expect(said).toHaveLength(2);
  });

  it("that do not answer hold a send up for a second, once a second, and no other", async () => {
    const { rates, shared } = insured();
    shared.take.mockReturnValue(new Promise<never>(() => {}));
    const held = rates.take([RATE]);
    let isHeld = true;
    void held.then(() => (isHeld = false));
    await vi.advanceTimersByTimeAsync(999);
    expect(isHeld).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(await held).toBeNull();
    const now = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(now);
    expect(await rates.take([RATE])).toEqual(USED_UP);
    expect(shared.take).toHaveBeenCalledTimes(1);
    vi.mocked(performance.now).mockReturnValue(now + 1000);
    shared.take.mockReturnValue(null);
    expect(await rates.take([RATE])).toBeNull();
    vi.restoreAllMocks();
  });

  it("that answer too late are given back what they counted: it was counted here", async () => {
    const { rates, shared, inner } = insured();
    let open: () => void = () => {};
    const gate = new Promise<void>((done) => (open = done));
    shared.take.mockImplementation((asked) => gate.then(() => inner.take(asked)));
    const held = rates.take([RATE]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await held).toBeNull();
    open();
    await vi.waitFor(() => expect(shared.giveBack).toHaveBeenCalledTimes(1));
    expect(await inner.take([RATE])).toBeNull();
  });

  it("that refuse too late are given back nothing", async () => {
    const { rates, shared } = insured();
    let open: () => void = () => {};
    const gate = new Promise<void>((done) => (open = done));
    shared.take.mockImplementation(() => gate.then(() => USED_UP));
    const held = rates.take([RATE]);
    await vi.advanceTimersByTimeAsync(1000);
    await held;
    open();
    await vi.advanceTimersByTimeAsync(0);
    expect(shared.giveBack).not.toHaveBeenCalled();
  });

  it("are given back what they counted, and not what was counted here", async () => {
    const { rates, shared } = insured();
    const [there, here] = [[RATE], [RATE]];
    await rates.take(there);
    shared.take.mockImplementation(gone);
    await rates.take(here);
    await rates.giveBack(here);
    expect(shared.giveBack).not.toHaveBeenCalled();
    expect(await rates.take(here)).toBeNull();
    await rates.giveBack(there);
    expect(shared.giveBack.mock.calls).toEqual([[there]]);
  });

  it("that cannot take anything back fail nobody's send", async () => {
    const { rates, shared } = insured();
    const taken = [RATE];
    await rates.take(taken);
    shared.giveBack.mockImplementation(gone);
    await expect(rates.giveBack(taken)).resolves.toBeUndefined();
    shared.giveBack.mockReturnValue(new Promise<never>(() => {}));
    const held = rates.giveBack(taken);
    await vi.advanceTimersByTimeAsync(1000);
    await expect(held).resolves.toBeUndefined();
  });
});
