/** A person without script, each of whose requests goes to another machine than the one before. */
import { formsIn } from "../support/cookieless.js";
import { type Answer, call } from "../support/http-client.js";

export class Visitor {
  /** Null: keeps none. */
  readonly #cookies: Map<string, string> | null;
  readonly #next: () => string;
  /** What is on the screen. */
  page: Answer = { status: 0, headers: {}, text: "" };
  /** Every status that came. */
  readonly statuses: number[] = [];

  constructor(next: () => string, keepsCookies: boolean) {
    this.#next = next;
    this.#cookies = keepsCookies ? new Map() : null;
  }

  async open(path: string): Promise<void> {
    await this.#ask(path);
  }

  /** Fills in the form with this button and sends it, and goes where it leads. */
  async press(button: string, typed: Readonly<Record<string, string>> = {}): Promise<void> {
    const form = formsIn(this.page.text).find((candidate) => candidate.button === button);
    if (!form) throw new Error(`the page has no button "${button}": ${this.page.text}`);
    await this.#ask(form.action, { ...form.fields, ...typed });
  }

  async #ask(path: string, form?: Readonly<Record<string, string>>): Promise<void> {
    const url = this.#next();
    const cookie = [...(this.#cookies ?? [])].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { accept: "text/html", ...(form && { origin: url }), ...(cookie && { cookie }) };
    const answer = await call(url + path, { headers, ...(form && { form }) });
    this.statuses.push(answer.status);
    for (const line of answer.headers["set-cookie"] ?? []) {
      const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      this.#cookies?.set(name, value);
    }
    if (answer.status === 303) await this.#ask(String(answer.headers.location));
    else this.page = answer;
  }
}
