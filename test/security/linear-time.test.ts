/** Every regular expression of ours, and what is done to whole texts, takes time by their length and not by its square. */
import { type Token, tokenizer } from "acorn";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { parseCursor } from "../../src/core/cursor.js";
import { foldName } from "../../src/core/user.js";
import { countedForm } from "../../src/http/address.js";
import { oneLine } from "../../src/http/event-encode.js";
import { fieldsOf, parseJson, queryOf } from "../../src/http/request.js";
import { Tokens } from "../../src/http/token.js";
import { checkName } from "../../src/identity/names.js";
import { readSources } from "../support/sources.js";

const SHORT = 2000;
const LONG = 20 * SHORT;
/** Twenty times the length takes twenty times as long, or four hundred times. */
const RATIO_MAX = 100;
/** Below it a clock tells nothing; what takes so long for the short one would take 200 ms for the long one. */
const FLOOR_MS = 0.5;
const TRIES = 3;

/** What is repeated: the characters and pieces that our patterns look for, alone and where they begin to fit. */
const PUMPS = [
  ..." \t\n0a_-/.,;:=\"'\\<>&%{[(\u0301\u00a0\u200b\u{1f600}",
  ...['\\"', "\\u", "\\uD83D", "\\ud800\\udc00", "\\\\", '""', '"a', ',"', "{}", "[["],
  ...[", ", ",wait=", ", wait = ", 'wait="1"', "wait=1 ", " charset=", 'charset="', "charset =", "; "],
  ...[
    "1.",
    "1.1.",
    "127.0.0.1",
    "::",
    "a:",
    "http:",
    "https://",
    "%41",
    "a\u0301",
    "A ",
    "a-",
    "0-a",
    "\r\n",
  ],
  ...["sealed1.", "text/", "text/event-stream ", "upgrade", "html", "postgres:", "file:/", "0001_"],
] as const;
const STARTS = ["", '"', ","] as const;
const ENDS = ["", "!"] as const;

function inputs(length: number): string[] {
  return STARTS.flatMap((start) =>
    PUMPS.flatMap((pump) =>
      ENDS.map((end) => start + pump.repeat(Math.ceil(length / pump.length)).slice(0, length) + end),
    ),
  );
}

const shorts = inputs(SHORT);
const longs = inputs(LONG);

/** The inputs for which a longer one costs more than its length says. */
function slowOn(run: (text: string) => unknown): string[] {
  return shorts.flatMap((short, n) => {
    const long = longs[n] ?? "";
    for (let i = 0; i < TRIES; i++) {
      const [shortMs, longMs] = [msOf(run, short), msOf(run, long)];
      if (longMs < RATIO_MAX * Math.max(shortMs, FLOOR_MS)) return [];
    }
    return [JSON.stringify(short.slice(0, 24))];
  });
}

function msOf(run: (text: string) => unknown, text: string): number {
  const startedAt = performance.now();
  try {
    run(text);
  } catch {
    // Refused: that is an answer, and may not take long either.
  }
  return performance.now() - startedAt;
}

/** The shortest of some, as the machine may be busy with other things. */
function leastMs(run: (text: string) => unknown, text: string): number {
  return Math.min(...Array.from({ length: TRIES }, () => msOf(run, text)));
}

/** All literals of the server's, the program's and both clients' sources, each once. */
function patternsIn(): ReadonlyMap<string, RegExp> {
  const found = new Map<string, RegExp>();
  for (const { path, text } of readSources()) {
    const { code } = transformSync(text, { loader: "ts" });
    const tokens = [...tokenizer(code, { ecmaVersion: "latest", sourceType: "module" })];
    for (const { value } of tokens as readonly (Token & { value?: unknown })[]) {
      const { pattern, flags } = (value ?? {}) as { pattern?: string; flags?: string };
      if (pattern !== undefined) found.set(`${path} /${pattern}/${flags}`, new RegExp(pattern, flags));
    }
  }
  return found;
}

const PATTERNS = patternsIn();

it("finds the patterns it is to look at, and makes none at run time", () => {
  expect(PATTERNS.size).toBeGreaterThan(60);
  expect([...PATTERNS.keys()].filter((name) => name.startsWith("http/request.ts")).length).toBeGreaterThan(3);
  expect(
    readSources()
      .filter(({ text }) => /\bRegExp\(/.test(text))
      .map(({ path }) => path),
  ).toEqual([]);
});

it.each([...PATTERNS])("%s", (_name, pattern) => {
  expect(slowOn((text) => text.replace(pattern, ""))).toEqual([]);
});

describe("what is done to a whole text", () => {
  const tokens = new Tokens(["a secret"]);
  it.each<[string, (text: string) => unknown]>([
    ["a name is checked", checkName],
    ["a query is read", (text) => queryOf({ url: `/poll?${text}` } as never)],
    ["JSON is read", (text) => fieldsOf(parseJson(text, Number.POSITIVE_INFINITY))],
    [
      "JSON is read, as one of its texts",
      (text) => fieldsOf(parseJson(JSON.stringify({ text }), Number.POSITIVE_INFINITY)),
    ],
    ["a cursor is read", parseCursor],
    ["an address is counted", countedForm],
    ["a token is looked at", (text) => tokens.kindOf(text, "session")],
    ["a foreign kind is made one line", oneLine],
  ])("when %s", (_what, run) => {
    expect(slowOn(run)).toEqual([]);
  });

  it("a name of many marks is refused before it is normalised, which would take the square of them", () => {
    const marks = (length: number) => `a${"\u0301\u0316".repeat(length / 2)}`;
    const ratio = (run: (text: string) => unknown) =>
      leastMs(run, marks(40_000)) / Math.max(leastMs(run, marks(2000)), FLOOR_MS);
    expect(ratio(checkName)).toBeLessThan(RATIO_MAX);
    expect(ratio(foldName)).toBeGreaterThan(RATIO_MAX);
  });
});

it.each([/\s+$/, /"(\\.|[^"\\])*"/])("negative twin: %s is found to be slow", (pattern) => {
  const run = (text: string) => text.replace(pattern, "");
  // Of the inputs only those at which these are slow: all of them would take minutes.
  const isFound = [" ", '\\"'].some((pump) => {
    const [short, long] = [SHORT, LONG].map((length) => `"${pump.repeat(length / pump.length)}!`);
    return msOf(run, long ?? "") > RATIO_MAX * Math.max(leastMs(run, short ?? ""), FLOOR_MS);
  });
  expect(isFound).toBe(true);
});
