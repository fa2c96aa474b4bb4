/** Somebody whose browser refuses cookies: sends the forms of the page they have, and keeps nothing else. */
import { elementsIn } from "./html.js";
import { type Answer, call } from "./http-client.js";

export interface FormOnPage {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** What its button says. */
  readonly button: string;
}

export interface Request {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

export class Cookieless {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  /** The page on the screen, every page so far, and the form that was sent last. */
  answer: Answer = { status: 0, headers: {}, text: "" };
  readonly seen: Answer[] = [];
  last: Request = { action: "", fields: {} };

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = { accept: "text/html", ...headers };
  }

  get text(): string {
    return this.answer.text;
  }

  /** What the page's forms carry as the session; undefined where they have no such field. */
  get sealed(): string | undefined {
    return formsIn(this.text).find(({ fields }) => fields.sealed !== undefined)?.fields.sealed;
  }

  async open(path: string): Promise<Answer> {
    return this.#show(await call(this.#url + path, { headers: this.#headers }));
  }

  /** Fills in the form with this button and sends it. */
  press(button: string, typed: Record<string, string> = {}): Promise<Answer> {
    const form = formsIn(this.text).find((candidate) => candidate.button === button);
    if (!form) throw new Error(`the page has no button "${button}": ${this.text}`);
    return this.send({ action: form.action, fields: { ...form.fields, ...typed } });
  }

  async send(request: Request): Promise<Answer> {
    this.last = request;
    const origin = new URL(this.#url).origin;
    const answer = await call(origin + request.action, { form: request.fields, headers: this.#headers });
    return this.#show(answer);
  }

  /** Sends the form of last time once more, as a reload does. */
  reload(): Promise<Answer> {
    return this.send(this.last);
  }

  /** On the first page, as a person would. */
  async enter(name: string): Promise<Answer> {
    await this.open(new URL(this.#url).pathname === "/" ? "/" : "");
    return this.press("Start", { name });
  }

  #show(answer: Answer): Answer {
    this.answer = answer;
    this.seen.push(answer);
    return answer;
  }
}

export function formsIn(html: string): readonly FormOnPage[] {
  return [...html.matchAll(/<form\b.*?<\/form>/gs)].map(([form]) => {
    const elements = elementsIn(form);
    const inputs = elements.filter(({ tag, attributes }) => tag === "input" && attributes.name);
    const button = elements.find(({ attributes }) => attributes.type === "submit");
    return {
      action: elements[0]?.attributes.action ?? "",
      fields: Object.fromEntries(
        inputs.map(({ attributes }) => [attributes.name ?? "", attributes.value ?? ""]),
      ),
      button: button?.attributes.value ?? "",
    };
  });
}
