/** Parked requests of an address, summed by the primary over its workers: a worker's end of the wire, and the primary's. */
import type { AddressCount, ParkedElsewhere } from "./http/parked-counts.js";
import type { Wire, Wires } from "./primary-rates.js";

/** What is told is as old as this at each end, at most. */
const TELL_MS = 500;

/** In a message from a worker its own, in one to it those of all the others. */
type Many = readonly (readonly [address: string, staying: number])[];

/**
 * In a worker. A message for each poll would cost more than the poll: only addresses with many are told, and twice a
 * second, so a burst may get past the limit by what the workers take in a second.
 */
export class PrimaryParked implements ParkedElsewhere {
  readonly processes: number;
  readonly #wire: Wire;
  #elsewhere: ReadonlyMap<string, number> = new Map();

  constructor(wire: Wire, processes: number) {
    this.#wire = wire;
    this.processes = processes;
    wire.on("message", (message) => {
      const many = manyIn(message);
      if (many) this.#elsewhere = new Map(many);
    });
  }

  of(address: string): number {
    return this.#elsewhere.get(address) ?? 0;
  }

  tell(many: ReadonlySet<AddressCount>): void {
    let told = "[]";
    setInterval(() => {
      const now = [...many].map(({ name, staying }) => [name, staying] as const);
      const text = JSON.stringify(now);
      if (text === told) return;
      told = text;
      // Untold, the others let in as many as if there were nobody here, until it changes.
      this.#wire.send?.({ parkbench: "parked", many: now }, undefined, undefined, () => {});
    }, TELL_MS).unref();
  }
}

/** In the primary. */
export function sumParked(workers: Wires): void {
  const byWorker = new Map<number, Many>();
  let isTelling = false;
  workers.on("message", ({ id }, message) => {
    const many = manyIn(message);
    if (!many) return;
    byWorker.set(id, many);
    tellSoon();
  });
  // What it had is free; and one in its place knows nothing yet.
  workers.on("exit", ({ id }) => byWorker.delete(id) && tellSoon());
  workers.on("listening", () => byWorker.size > 0 && tellSoon());

  function tellSoon(): void {
    if (isTelling) return;
    isTelling = true;
    setTimeout(() => {
      isTelling = false;
      for (const worker of Object.values(workers.workers ?? {}))
        worker?.send({ parkbench: "parked", many: [...elsewhere(worker.id)] }, () => {});
    }, TELL_MS);
  }

  function elsewhere(id: number): Map<string, number> {
    const sums = new Map<string, number>();
    for (const [worker, many] of byWorker) {
      if (worker === id) continue;
      for (const [address, staying] of many) sums.set(address, (sums.get(address) ?? 0) + staying);
    }
    return sums;
  }
}

function manyIn(message: unknown): Many | null {
  const { parkbench, many } = (message ?? {}) as { parkbench?: unknown; many?: Many };
  return parkbench === "parked" && Array.isArray(many) ? many : null;
}
