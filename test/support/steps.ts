/** Work that a test holds back and lets go of in the order it likes. */

interface Step {
  readonly label: string;
  readonly run: () => void;
}

export class Steps {
  /** While true, steps wait for `release`; otherwise each runs at once. */
  isHolding = false;
  readonly #held: Step[] = [];

  /** The labels of what is held back, oldest first. */
  get held(): readonly string[] {
    return this.#held.map(({ label }) => label);
  }

  add(label: string, run: () => void): void {
    if (this.isHolding) this.#held.push({ label, run });
    else run();
  }

  /** Runs one held step: the oldest with this label, or the one at this place. */
  release(which: string | number): void {
    const at = typeof which === "number" ? which : this.held.indexOf(which);
    const [step] = at < 0 ? [] : this.#held.splice(at, 1);
    if (!step)
      throw new Error(`No step ${JSON.stringify(which)} is held; there are: ${this.held.join(", ")}`);
    step.run();
  }

  /** Runs everything held, oldest first, and holds nothing back any more. */
  releaseAll(): void {
    this.isHolding = false;
    for (const { run } of this.#held.splice(0)) run();
  }

  /** Forgets all held steps of this label but the newest `keep`. */
  drop(label: string, keep = 0): void {
    const ofLabel = this.#held.filter((step) => step.label === label);
    for (const step of ofLabel.slice(0, Math.max(0, ofLabel.length - keep))) {
      this.#held.splice(this.#held.indexOf(step), 1);
    }
  }
}
