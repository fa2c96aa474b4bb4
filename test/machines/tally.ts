/** What people were answered that they should not be, counted by what was going on at that time. */

export class Tally {
  /** What is going on. */
  phase = "calm";
  readonly #counts = new Map<string, number>();
  /** What must not be in any phase. */
  readonly faults: string[] = [];

  /** A status from 500 on, or `cut` where no answer came whole: what clients take as "again". All else is a fault. */
  note(who: string, what: number | "cut", text = ""): void {
    if (what !== "cut" && what < 500) this.faults.push(`${this.phase}: ${who} was answered ${what} ${text}`);
    const key = `${this.phase}: ${what} for ${who}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** One line for each kind of answer. */
  lines(phase?: string): readonly string[] {
    return [...this.#counts]
      .filter(([key]) => phase === undefined || key.startsWith(`${phase}:`))
      .map(([key, count]) => `${count} x ${key}`);
  }
}
