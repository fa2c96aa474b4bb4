/** Looking into a page as a browser's parser would find it: elements, attributes, text. */

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Every start tag, in order. Attributes must be in double quotes: what breaks out of them makes another element. */
export function elementsIn(html: string): readonly Element[] {
  const elements: Element[] = [];
  for (const [, tag = "", rest = ""] of html.matchAll(
    /<([a-z][a-z0-9]*)((?:\s+[^\s"'>/=]+(?:="[^"]*")?)*)\s*\/?>/gi,
  )) {
    const attributes: Record<string, string> = {};
    for (const [, name = "", value = ""] of rest.matchAll(/([^\s"'>/=]+)(?:="([^"]*)")?/g))
      attributes[name.toLowerCase()] = unescape(value);
    elements.push({ tag: tag.toLowerCase(), attributes });
  }
  return elements;
}

/** The value of a form's field, or undefined when the page has no such field. */
export function fieldIn(html: string, name: string): string | undefined {
  return elementsIn(html).find(({ tag, attributes }) => tag === "input" && attributes.name === name)
    ?.attributes.value;
}

/** The texts of the messages that a page shows, in their order on it. */
export function messagesIn(html: string): readonly string[] {
  return [...html.matchAll(/<span class="text"[^>]*>([^<]*)<\/span>/g)].map(([, text = ""]) =>
    unescape(text),
  );
}

/** Where a link with this text leads, or undefined. */
export function linkIn(html: string, text: string): string | undefined {
  const found = [...html.matchAll(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].find(
    ([, , shown]) => shown === text,
  );
  return found?.[1] === undefined ? undefined : unescape(found[1]);
}

/** What the page says is wrong, or "". */
export function problemIn(html: string): string {
  const inner = /<div class="problem"[^>]*>(.*?)<\/div>/s.exec(html)?.[1] ?? "";
  return unescape(inner.replace(/<[^>]*>/g, "")).trim();
}

function unescape(text: string): string {
  return text.replace(/&([a-z]+|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
