/** Looking into a page as a browser's parser would find it: elements, attributes, text. */

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const TAG = /<([a-z][a-z0-9]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** Every start tag, in order, with its attributes in whatever quotes or none: also what should not be there. */
export function elementsIn(html: string): readonly Element[] {
  const elements: Element[] = [];
  for (const [, tag = "", rest = ""] of html.matchAll(TAG)) {
    const attributes: Record<string, string> = {};
    for (const [, name = "", double, single, bare] of rest.matchAll(ATTRIBUTE))
      attributes[name.toLowerCase()] = plain(double ?? single ?? bare ?? "");
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
  return [...html.matchAll(/<span class="text"[^>]*>([^<]*)<\/span>/g)].map(([, text = ""]) => plain(text));
}

/** Where a link with this text leads, or undefined. */
export function linkIn(html: string, text: string): string | undefined {
  const found = [...html.matchAll(/<a href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].find(
    ([, , shown]) => shown === text,
  );
  return found?.[1] === undefined ? undefined : plain(found[1]);
}

/** What the page says is wrong, or "". */
export function problemIn(html: string): string {
  const inner = /<div class="problem"[^>]*>(.*?)<\/div>/s.exec(html)?.[1] ?? "";
  return plain(inner.replace(/<[^>]*>/g, "")).trim();
}

function plain(text: string): string {
  return text.replace(/&([a-z]+|#39);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
