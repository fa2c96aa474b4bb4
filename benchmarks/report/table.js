/** The tables that a run prints: the figures of a scenario, and the targets. */
import { paramsText } from "./rows.js";

/** @param {readonly import("./rows.js").Figure[]} figures of one scenario */
export function figuresTable(figures, labels = {}) {
  const lines = figures.map((figure) => [
    `${figure.metric}`,
    paramsText(figure.params),
    labels[figure.peer] ?? figure.peer,
    `${number(figure.median)} ${figure.unit}`,
    `${number(figure.min)} - ${number(figure.max)}`,
    String(figure.rounds),
  ]);
  // Side by side what is compared: the peers at one metric and one set of parameters, as they came first.
  const keys = lines.map(([metric, params]) => `${metric} ${params}`);
  const order = [...new Set(keys)];
  const sorted = lines
    .map((line, at) => ({ line, rank: order.indexOf(keys[at]) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ line }) => line);
  return columns([["metric", "with", "peer", "median", "min - max", "rounds"], ...sorted]);
}

/** @param {ReturnType<typeof import("./judge.js").judge>} verdicts */
export function targetsTable(verdicts) {
  const lines = verdicts.map(({ text, unit, value, reach, goFor }) => [
    text,
    value === null ? "missing" : `${number(value)} ${unit}`,
    outcome(reach),
    outcome(goFor),
  ]);
  const missing = new Set(verdicts.flatMap((verdict) => verdict.missing));
  return [
    columns([["target", "value", "reach", "go for"], ...lines]),
    ...[...missing].map((name) => `missing: ${name}`),
  ].join("\n");
}

function outcome(verdict) {
  return verdict === null ? "-" : `${verdict.says}: ${verdict.outcome}`;
}

/** Three digits that mean something, and never 1.00 for what is a little more than 1. */
export function number(value) {
  if (value === null) return "missing";
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return value.toFixed(digits);
}

function columns(lines) {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
