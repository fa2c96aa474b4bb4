/** Holds people back while it is closed, and counts who went through. */
export class Gate {
  #isOpen = false;
  #waiting: (() => void)[] = [];
  #through = 0;
  #counted: { readonly from: number; readonly reached: () => void } | null = null;

  open(): void {
    this.#isOpen = true;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Resolves at once, or when the gate opens. */
  async pass(): Promise<void> {
    while (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#through += 1;
    if (this.#counted && this.#through >= this.#counted.from) this.#counted.reached();
  }

  /** Resolves when so many more have passed. */
  passed(more: number): Promise<void> {
    return new Promise((reached) => {
      this.#counted = { from: this.#through + more, reached };
    });
  }
}
