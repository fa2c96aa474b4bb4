/** A clock that a test moves by hand, for code in a context of its own. */
interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class FakeClock {
  #now = Date.UTC(2026, 10, 20, 14);
  #last = 0;
  readonly #timers = new Map<number, Timer>();

  get now(): number {
    return this.#now;
  }

  readonly setTimeout = (run: () => void, ms = 0): number => {
    this.#last += 1;
    this.#timers.set(this.#last, { at: this.#now + Math.max(0, ms), run });
    return this.#last;
  };

  readonly clearTimeout = (timer: number): void => {
    this.#timers.delete(timer);
  };

  /** What the context is given as its Date: only `Number(new Date())` is needed. */
  readonly Date = ((clock: FakeClock) =>
    class {
      valueOf(): number {
        return clock.now;
      }
    })(this);

  /** The computer sleeps: the time passes, and what fell due meanwhile runs late. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  /** Runs everything that falls due within so many ms, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort(([a, one], [b, other]) => one.at - other.at || a - b);
      if (!next || next[1].at > end) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].run();
    }
    this.#now = end;
  }
}
