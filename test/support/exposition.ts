/** Reads the text form of Prometheus, strictly: what is not as the format says is thrown. */

export interface Family {
  readonly type: string;
  readonly help: string;
  /** By the sample's name and labels as they stand: `parkbench_refused_total{reason="closed"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const HELP = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})((?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\S+)$`);
const VALUE = /^([+-]Inf|NaN|-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?)$/;

interface Open extends Family {
  readonly samples: Map<string, number>;
}

/** The families by their names. Throws for what Prometheus would not take, and for what it takes twice. */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Open>();
  let help: readonly [name: string, text: string] | null = null;
  let open: readonly [name: string, family: Open] | null = null;
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, helpName, helpText] = HELP.exec(line) ?? [];
    if (helpName !== undefined && helpText !== undefined) {
      help = [helpName, helpText];
      continue;
    }
    const [, typeName, type] = TYPE.exec(line) ?? [];
    if (typeName !== undefined && type !== undefined) {
      if (families.has(typeName)) throw new Error(`${typeName} comes twice`);
      if (help?.[0] !== typeName) throw new Error(`${typeName} has no help`);
      open = [typeName, { type, help: help[1], samples: new Map() }];
      families.set(typeName, open[1]);
      continue;
    }
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`not in the format: ${line}`);
    if (!open || !namesOf(...open).includes(name)) throw new Error(`${line} is in no family`);
    if (!VALUE.test(value)) throw new Error(`not a number: ${line}`);
    const key = name + (labels ?? "");
    if (open[1].samples.has(key)) throw new Error(`${key} comes twice`);
    open[1].samples.set(key, Number(value.replace("Inf", "Infinity")));
  }
  return families;
}

function namesOf(name: string, { type }: Family): readonly string[] {
  if (type === "histogram") return ["_bucket", "_sum", "_count"].map((end) => name + end);
  return type === "summary" ? [name, `${name}_sum`, `${name}_count`] : [name];
}
