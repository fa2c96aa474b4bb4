/** As much of YAML as a compose file needs: maps, lists of words, anchors and merges. Throws for everything else. */

export type Yaml = string | null | readonly Yaml[] | { readonly [key: string]: Yaml };
type Map = { [key: string]: Yaml };

interface Line {
  readonly depth: number;
  readonly text: string;
}

const ENTRY = /^([\w<.-]+):(?: (.*))?$/;

export function parseYaml(text: string): Yaml {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*(#.*)?$/.test(line))
    .map((line): Line => {
      const [, spaces = "", rest = ""] = /^( *)(\S.*?) *$/.exec(line) ?? [];
      if (rest === "" || spaces.length % 2 !== 0) throw new Error(`badly indented: ${line}`);
      return { depth: spaces.length / 2, text: rest };
    });
  const anchors = new Map<string, Yaml>();
  const value = block(0);
  if (lines.length > 0) throw new Error(`does not belong there: ${lines[0]?.text}`);
  return value;

  function block(depth: number): Yaml {
    if (lines[0]?.depth !== depth) return null;
    return lines[0].text.startsWith("- ") ? list(depth) : map(depth);
  }

  function list(depth: number): Yaml {
    const items: Yaml[] = [];
    while (lines[0]?.depth === depth && lines[0].text.startsWith("- "))
      items.push(word(lines.shift()?.text.slice(2) ?? ""));
    return items;
  }

  function map(depth: number): Yaml {
    const entries: Map = {};
    while (lines[0]?.depth === depth) {
      const line = lines.shift()?.text ?? "";
      const [, key, rest = ""] = ENTRY.exec(line) ?? [];
      if (key === undefined || (key !== "<<" && key in entries)) throw new Error(`no entry: ${line}`);
      const anchor = /^&(\w+)$/.exec(rest)?.[1];
      const value = rest === "" || anchor ? block(depth + 1) : word(rest);
      if (anchor) anchors.set(anchor, value);
      if (key === "<<") Object.assign(entries, value);
      else entries[key] = value;
    }
    return entries;
  }

  function word(text: string): Yaml {
    if (/^["[]/.test(text)) return JSON.parse(text) as Yaml;
    const alias = /^\*(\w+)$/.exec(text)?.[1];
    if (alias !== undefined) {
      const value = anchors.get(alias);
      if (value === undefined) throw new Error(`no such anchor: ${text}`);
      return value;
    }
    if (/^[&*!|>{}%@`']|: | #/.test(text)) throw new Error(`more than a word: ${text}`);
    return text;
  }
}
