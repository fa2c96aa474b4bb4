/** What an old browser makes of a script: whether it parses, and what it names that is not there. */
import { type Node, parse } from "acorn";

/** Globals that Internet Explorer 8 does not have. */
const GLOBALS = new Set(
  (
    "Promise fetch Map Set WeakMap WeakSet Symbol Proxy Reflect BigInt Intl Uint8Array ArrayBuffer TextDecoder " +
    "TextEncoder URL URLSearchParams AbortController WebSocket EventSource BroadcastChannel JSON crypto navigator.locks " +
    "FormData Blob requestAnimationFrame globalThis queueMicrotask structuredClone performance Headers Request Response"
  ).split(" "),
);

/** Members that its objects do not have. `indexOf` is left out: strings have it, and a script cannot tell. */
const MEMBERS = new Set(
  (
    "addEventListener removeEventListener dispatchEvent preventDefault stopPropagation textContent innerText classList " +
    "dataset firstElementChild lastElementChild nextElementSibling previousElementSibling childElementCount remove append " +
    "prepend closest matches getElementsByClassName forEach map filter reduce some every find findIndex includes flat " +
    "flatMap fill startsWith endsWith repeat padStart padEnd trim keys values entries assign create defineProperty freeze " +
    "now bind isArray from toISOString getRandomValues locks pushState hidden isInteger finally allSettled responseType"
  ).split(" "),
);

/** Throws where the script is not ECMAScript 3. */
export function parseOld(code: string): Node {
  return parse(code, { ecmaVersion: 3, allowReserved: "never", sourceType: "script" });
}

/**
 * The names it uses without ever asking for them. A question is `window.X`, `typeof X`, `"X" in`, or a member that is
 * looked at as a condition; it counts for the whole script, so that this finds what was forgotten, not what is wrong.
 */
export function unguarded(code: string): string[] {
  const used = new Set<string>();
  const asked = new Set<string>();
  const conditions = new Set<Node>();
  walk(parseOld(code), [], (node, parents) => {
    const parent = parents.at(-1);
    if (node.type === "IfStatement" || node.type === "ConditionalExpression") ask(child(node, "test"));
    if (node.type === "LogicalExpression") ask(child(node, "left"));
    if (node.type === "UnaryExpression") ask(child(node, "argument"));
    if (node.type === "BinaryExpression" && field(node, "operator") === "in") {
      const name = String(field(child(node, "left"), "value"));
      asked.add(name).add(`.${name}`);
    }
    if (node.type === "Identifier" && parent && isFree(node, parent))
      name(node, String(field(node, "name")), GLOBALS);
    if (node.type === "MemberExpression" && !field(node, "computed")) {
      const member = String(field(child(node, "property"), "name"));
      if (isWindow(child(node, "object"))) {
        asked.add(member);
        if (conditions.has(node)) asked.add(`.${member}`);
      }
      if (MEMBERS.has(member)) {
        if (conditions.has(node)) asked.add(`.${member}`);
        else used.add(`.${member}`);
      }
    }
  });
  return [...used].filter((name) => !asked.has(name));

  function ask(node: Node | undefined): void {
    if (!node) return;
    conditions.add(node);
    if (node.type === "LogicalExpression") {
      ask(child(node, "left"));
      ask(child(node, "right"));
    }
  }

  function name(node: Node, name: string, names: ReadonlySet<string>): void {
    if (!names.has(name)) return;
    (conditions.has(node) ? asked : used).add(name);
  }
}

function isWindow(node: Node | undefined): boolean {
  return node?.type === "Identifier" && field(node, "name") === "window";
}

/** Neither a property's name nor a label. */
function isFree(node: Node, parent: Node): boolean {
  if (parent.type === "MemberExpression")
    return child(parent, "object") === node || !!field(parent, "computed");
  if (parent.type === "Property") return child(parent, "value") === node;
  return true;
}

function walk(
  node: Node,
  parents: readonly Node[],
  visit: (node: Node, parents: readonly Node[]) => void,
): void {
  visit(node, parents);
  for (const value of Object.values(node)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item && typeof item.type === "string") walk(item as Node, [...parents, node], visit);
    }
  }
}

function child(node: Node | undefined, key: string): Node | undefined {
  return field(node, key) as Node | undefined;
}

function field(node: Node | undefined, key: string): unknown {
  return (node as unknown as Record<string, unknown> | undefined)?.[key];
}
