/** What many rounds come to: the median and the spread of every row that a scenario gave. */

/**
 * @typedef {{ scenario: string, peer: string, metric: string, params?: Record<string, unknown> }} Wanted
 * @typedef {Wanted & { unit: string, values: number[] }} Row
 * @typedef {Wanted & { unit: string, median: number | null, min: number | null, max: number | null, rounds: number }} Figure
 */

/** @param {readonly Row[]} rows @returns {Figure[]} */
export function summarise(rows) {
  return rows.map(({ scenario, peer, metric, unit, params = {}, values }) => {
    const sorted = sort(values);
    return {
      scenario,
      peer,
      metric,
      unit,
      params,
      median: median(values),
      min: sorted[0] ?? null,
      max: sorted.at(-1) ?? null,
      rounds: sorted.length,
    };
  });
}

/** Null when there is no value, or one that is no number: a broken round must not pass for a figure. */
export function median(values) {
  if (values.length === 0 || !values.every(Number.isFinite)) return null;
  const sorted = sort(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Sorted by size; JavaScript's own order would put 10 before 9. */
function sort(values) {
  return values.filter(Number.isFinite).sort((a, b) => a - b);
}

/**
 * The one figure that is meant. The parameters must be the same, all of them: a figure of signed-in clients must not
 * stand in for one of others that is missing.
 *
 * @param {readonly Figure[]} figures @param {Wanted} wanted
 */
export function find(figures, { scenario, peer, metric, params = {} }) {
  const found = figures.find(
    (figure) =>
      figure.scenario === scenario &&
      figure.peer === peer &&
      figure.metric === metric &&
      paramsText(figure.params) === paramsText(params),
  );
  return found ?? null;
}

/** For people and for comparing: `held=false parked=10000`, whatever order they were written in. */
export function paramsText(params = {}) {
  return Object.keys(params)
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join(" ");
}
