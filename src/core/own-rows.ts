/** Which rows this process has written itself, until the tail has read them. */

/** Runs of ids, as others' rows come in between: one for as long as nobody else writes. */
interface Run {
  readonly first: number;
  last: number;
}

/** While nobody waits the tail reads nothing, and what was written would be kept for ever. */
const RUNS_MAX = 1000;

export class OwnRows {
  readonly #runs: Run[] = [];

  /** Ids ascend. */
  add(id: number): void {
    const run = this.#runs.at(-1);
    if (run && run.last === id - 1) {
      run.last = id;
      return;
    }
    this.#runs.push({ first: id, last: id });
    if (this.#runs.length > RUNS_MAX) this.#runs.shift();
  }

  /** Whether the row is one of ours. Asked in the order of the ids: what is below is forgotten. */
  take(id: number): boolean {
    for (;;) {
      const [run] = this.#runs;
      if (!run || id < run.first) return false;
      if (id < run.last) return true;
      this.#runs.shift();
      if (id === run.last) return true;
    }
  }
}
