/** The cookies of one server: what it sets, what is sent back. */

export class Cookies {
  readonly #values = new Map<string, string>();

  /** `header`: cookies from elsewhere, as a request sends them. */
  constructor(header = "") {
    for (const pair of header.split(";")) this.#set(pair);
  }

  /** As a request sends them; undefined when there are none. */
  get header(): string | undefined {
    if (this.#values.size === 0) return undefined;
    return [...this.#values].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** From the Set-Cookie lines of an answer. Paths and domains are not looked at: all requests go to one server. */
  take(lines: readonly string[] = []): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      if (attributes.some(isOver)) this.#values.delete(nameIn(pair));
      else this.#set(pair);
    }
  }

  #set(pair: string): void {
    const name = nameIn(pair);
    if (name !== "") this.#values.set(name, pair.slice(pair.indexOf("=") + 1).trim());
  }
}

function nameIn(pair: string): string {
  const equals = pair.indexOf("=");
  return equals === -1 ? "" : pair.slice(0, equals).trim();
}

/** This is how a server takes a cookie back. */
function isOver(attribute: string): boolean {
  const [name = "", ...value] = attribute.split("=");
  const text = value.join("=").trim();
  switch (name.trim().toLowerCase()) {
    case "max-age":
      return Number(text) <= 0;
    case "expires":
      return Date.parse(text) <= Date.now();
    default:
      return false;
  }
}
