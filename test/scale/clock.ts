/** Virtual time: timers, turns and `performance.now` of this process, driven by a list of events instead of waiting. */

interface Event {
  atMs: number;
  readonly order: number;
  readonly job: () => void;
  /** Whether product code runs, so that what its promises do comes before the next event. */
  readonly isCall: boolean;
  isOff: boolean;
}

const realTurn = setImmediate;
const REPLACED = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"] as const;

/**
 * Its own, as there are 100,000 events in a modelled second: `@sinonjs/fake-timers` waits for a real timer at each of them,
 * and what `node:test` fakes has no `performance`.
 */
export class VirtualClock {
  nowMs = 0;
  readonly #heap: Event[] = [];
  #made = 0;

  /** Runs the model's own work `delayMs` from now; events of one moment in the order in which they were made. */
  in(delayMs: number, job: () => void): void {
    this.#add(delayMs, job, false);
  }

  /** The same for what calls into the product. */
  call(delayMs: number, job: () => void): void {
    this.#add(delayMs, job, true);
  }

  /** Lets time go by, event after event. */
  async run(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#takeFirst();
      if (next.isOff) continue;
      this.nowMs = next.atMs;
      next.job();
      if (next.isCall) await new Promise((resolve) => realTurn(resolve));
    }
    this.nowMs = untilMs;
  }

  /** Puts itself in the place of this process's timers, while `job` runs. */
  async during<T>(job: () => Promise<T>): Promise<T> {
    const real = Object.fromEntries(REPLACED.map((name) => [name, globalThis[name]]));
    const every = (ms: number, tick: () => void) => this.#every(ms, tick);
    const off = (timer?: VirtualTimer) => timer?.close();
    Object.assign(globalThis, {
      setTimeout: (tick: () => void, ms = 0) => this.#timer(ms, tick),
      setInterval: (tick: () => void, ms = 0) => every(ms, tick),
      setImmediate: (tick: () => void) => this.#timer(0, tick),
      clearTimeout: off,
      clearInterval: off,
    });
    Object.assign(performance, { now: () => this.nowMs });
    try {
      return await job();
    } finally {
      Object.assign(globalThis, real);
      // Its own property hid the prototype's.
      Reflect.deleteProperty(performance, "now");
    }
  }

  #timer(ms: number, tick: () => void): VirtualTimer {
    return new VirtualTimer(() => this.#add(ms, tick, true));
  }

  #every(ms: number, tick: () => void): VirtualTimer {
    const again = () => {
      timer.refresh();
      tick();
    };
    const timer = new VirtualTimer(() => this.#add(ms, again, true));
    return timer;
  }

  #add(delayMs: number, job: () => void, isCall: boolean): Event {
    this.#made += 1;
    const event = { atMs: this.nowMs + delayMs, order: this.#made, job, isCall, isOff: false };
    const heap = this.#heap;
    let at = heap.length;
    for (let up = (at - 1) >> 1; at > 0 && isBefore(event, heap[up]); up = (at - 1) >> 1) {
      heap[at] = heap[up] as Event;
      at = up;
    }
    heap[at] = event;
    return event;
  }

  #takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      const [one, other] = [heap[left], heap[right]];
      const down = one && other && isBefore(other, one) ? right : left;
      const least = heap[down];
      if (!least || !isBefore(least, last)) break;
      heap[at] = least;
      at = down;
    }
    heap[at] = last;
  }
}

/** As much of node's timers as is used here. */
class VirtualTimer {
  readonly #begin: () => { isOff: boolean };
  #event: { isOff: boolean };

  constructor(begin: () => { isOff: boolean }) {
    this.#begin = begin;
    this.#event = begin();
  }

  refresh(): this {
    this.close();
    this.#event = this.#begin();
    return this;
  }

  unref(): this {
    return this;
  }

  close(): void {
    this.#event.isOff = true;
  }
}

function isBefore(one: Event, other: Event | undefined): boolean {
  return other === undefined || one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
