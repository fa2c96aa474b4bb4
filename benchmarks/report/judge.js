/** What a run says about the targets: each value, whether it was reached, and what was missing to tell. */
import { find, paramsText } from "./rows.js";

/**
 * One verdict for each check. A limit that a check has not is null; one that cannot be told is "missing", never left out.
 *
 * @param {readonly import("./rows.js").Figure[]} figures
 * @param {readonly import("./targets.js").Target[]} targets
 */
export function judge(figures, targets) {
  return targets.flatMap(({ text, checks }) =>
    checks.map((check) => {
      const { value, missing } = measure(figures, check);
      return {
        text,
        unit: check.unit,
        value,
        missing,
        reach: verdict(value, check.reach),
        goFor: verdict(value, check.goFor),
      };
    }),
  );
}

function measure(figures, { of, over, minus }) {
  const wanted = [of, over, minus].filter(Boolean);
  const missing = wanted.filter((one) => medianOf(figures, one) === null).map(nameOf);
  if (missing.length > 0) return { value: null, missing };
  const value = medianOf(figures, of);
  if (minus) return { value: value - medianOf(figures, minus), missing };
  if (!over) return { value, missing };
  const base = medianOf(figures, over);
  // A ratio to nothing is no ratio: a CPU of zero means that the accounting did not work.
  if (base === 0) return { value: null, missing: [`${nameOf(over)} (is 0)`] };
  return { value: value / base, missing };
}

function medianOf(figures, wanted) {
  return find(figures, wanted)?.median ?? null;
}

function nameOf({ scenario, peer, metric, params }) {
  return [scenario, peer, metric, paramsText(params)].filter(Boolean).join(" ");
}

function verdict(value, limit) {
  if (!limit) return null;
  const { relation, bound } = limit;
  const says = `${relation} ${bound}`;
  if (value === null) return { says, outcome: "missing" };
  const isMet = relation === "<=" ? value <= bound : value >= bound;
  return { says, outcome: isMet ? "met" : "missed" };
}
