/** Rates that the primary counts for all of its workers: a worker's end of the wire, and the primary's. */
import type { Rate, Rates, UsedUp } from "./core/rates.js";

/** What a worker is to its primary: `process`. */
export interface Wire {
  send?(message: unknown, handle: undefined, options: undefined, sent: Sent): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
}

/** What the workers are to their primary: `cluster`. */
export interface Wires {
  readonly workers?: Readonly<Record<string, WorkerEnd | undefined>>;
  on(event: "message", listener: (worker: WorkerEnd, message: unknown) => void): unknown;
  on(event: "exit" | "listening", listener: (worker: WorkerEnd) => void): unknown;
}

export interface WorkerEnd {
  readonly id: number;
  send(message: object, sent: Sent): boolean;
}

type Sent = (error: Error | null) => void;

interface Asked {
  readonly parkbench: "rates";
  readonly number: number;
  readonly act: "take" | "giveBack";
  readonly rates: readonly Rate[];
}

interface Answer {
  readonly parkbench: "rates";
  readonly number: number;
  readonly usedUp: UsedUp | null;
}

/**
 * In a worker. Not rate-limiter-flexible's own way through the primary: that takes two messages each way for two limits,
 * and ends the primary with a worker that is killed while it is being answered (EPIPE, seen).
 *
 * All rates of a send are one message there and one back. Rejects when the primary cannot be told; an answer that does
 * not come is waited for by whoever asked, for as long as that wants.
 */
export class PrimaryRates implements Rates {
  readonly #wire: Wire;
  readonly #waiting = new Map<number, (usedUp: UsedUp | null) => void>();
  #asked = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
    wire.on("message", (message) => {
      if (!isRates<Answer>(message)) return;
      this.#waiting.get(message.number)?.(message.usedUp);
      this.#waiting.delete(message.number);
    });
  }

  take(rates: readonly Rate[]): Promise<UsedUp | null> {
    return this.#ask("take", rates);
  }

  async giveBack(rates: readonly Rate[]): Promise<void> {
    await this.#ask("giveBack", rates);
  }

  #ask(act: Asked["act"], rates: readonly Rate[]): Promise<UsedUp | null> {
    this.#asked += 1;
    const number = this.#asked;
    const asked: Asked = { parkbench: "rates", number, act, rates };
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, resolve);
      const fail = (error: Error) => {
        this.#waiting.delete(number);
        reject(error);
      };
      if (!this.#wire.send) return fail(new Error("there is no primary"));
      this.#wire.send(asked, undefined, undefined, (error) => error && fail(error));
    });
  }
}

/** In the primary. `rates` counts for all. */
export function answerRates(workers: Wires, rates: Rates): void {
  workers.on("message", (worker, message) => {
    if (!isRates<Asked>(message)) return;
    // Rolled over, a worker can be of a newer version than its primary: it counts alone then.
    answer(worker, message).catch(() => {});
  });

  async function answer(worker: WorkerEnd, { number, act, rates: asked }: Asked): Promise<void> {
    const usedUp = act === "take" ? await rates.take(asked) : await rates.giveBack(asked);
    const answer: Answer = { parkbench: "rates", number, usedUp: usedUp ?? null };
    // A worker may be gone by now. Unheard, that would be an error event, which ends the primary.
    worker.send(answer, () => {});
  }
}

function isRates<T>(message: unknown): message is T {
  return (message as { parkbench?: unknown } | null)?.parkbench === "rates";
}
