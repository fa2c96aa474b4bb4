/** How much happened in a torture run, and whether it was enough to say anything. */
import type { Ack, Acts, History, HopFault, Torture } from "./history.js";

export type Counts = Readonly<
  Record<
    | "rows"
    | "acks"
    | "kills"
    | "stops"
    | "freezes"
    | "cuts"
    | "crashes"
    | "hangs"
    | "backendCuts"
    | "workerKills"
    | "rolls"
    | "hopFaults"
    | "unanswered"
    | "hungUp"
    | "framed"
    | "foreign"
    | "found"
    | "heard"
    | "lookUps"
    | "pages"
    | "known"
    | "probes"
    | "wakeMsMedian"
    | "wakeMsMax",
    number
  >
>;

export function countsOf(history: History): Counts {
  const { acts, probes } = history;
  const wakes = probes.map(({ wakeMs }) => wakeMs ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return {
    rows: history.log.length,
    acks: history.acks.length,
    kills: killsOf(acts),
    stops: acts.stop,
    freezes: acts.freeze,
    cuts: acts.cut,
    crashes: acts.crash ?? 0,
    hangs: acts.hang ?? 0,
    backendCuts: (acts.terminate ?? 0) + (acts.deafen ?? 0),
    workerKills: acts.killWorker ?? 0,
    rolls: acts.roll ?? 0,
    hopFaults: sum(Object.values(history.struck)),
    unanswered: history.unanswered,
    hungUp: history.hungUp,
    framed: history.framed,
    foreign: history.foreign,
    found: foundByRetry(history.acks),
    heard: sum(history.heard.map(({ rows }) => rows.length)),
    lookUps: history.lookUps.length,
    pages: history.pages.length,
    known: history.known.length,
    probes: probes.length,
    wakeMsMedian: Math.round(wakes[Math.floor(wakes.length / 2)] ?? 0),
    wakeMsMax: Math.round(wakes.at(-1) ?? 0),
  };
}

/** Beside the kills of whole processes, where there is something of the kind. */
const DONE_BY_KILLS: ReadonlySet<string> = new Set(["crash", "killWorker"]);

/** Acts of which a run has to have one of each, and has none. */
export function undone(acts: Readonly<Acts>, what: Torture): readonly string[] {
  const missing = Object.entries(acts).filter(([, times]) => times === 0);
  return missing
    .map(([act]) => act)
    .filter((act) => what === "all" || (what === "kill" && DONE_BY_KILLS.has(act)));
}

/** A run in which too little happened has shown nothing. */
export function* lacksOf(history: History, counts: Counts): Generator<string> {
  const { acts, struck, heard, views, processes, what } = history;
  const { kills, acks, found } = counts;
  if (kills < 1) yield "nothing was killed";
  if (acks < 10 * kills) yield `only ${acks} acknowledged sends for ${kills} kills`;
  if (history.unanswered < kills / 4) yield `only ${history.unanswered} sends were cut off`;
  if (found < Math.max(1, kills / 10)) yield `only ${found} retries found their row`;
  if (history.framed === 0) yield "no send was answered in a frame";
  if (history.foreign === 0) yield "no other program wrote a row";
  if (heard.length === 0) yield "nobody read";
  for (const { reader, rows, cut, after } of heard) {
    const isFromTheStart = after === 0;
    if (rows.length < (isFromTheStart ? kills : 1) || (isFromTheStart && cut < kills / 4))
      yield `${reader} has ${rows.length} rows and was cut off ${cut} times`;
  }
  for (const wire of ["poll", "sse", "ws"] as const)
    if (heard.every(({ by }) => by[wire] === 0)) yield `nobody got a row by ${wire}`;
  if (views.length < processes) yield `only ${views.length} of ${processes} processes were read`;
  if (counts.probes === 0) yield "no quiet room was listened to";
  if (counts.lookUps === 0) yield "nothing was read right after its acknowledgement";
  if (counts.pages === 0) yield "no page was looked at";
  if (counts.known === 0) yield "nobody signed in";
  for (const act of undone(acts, what)) yield `no ${act} happened`;
  if (what === "kill") return;
  for (const fault of Object.keys(struck) as HopFault[])
    if (struck[fault] === 0) yield `no connection was ${fault}`;
}

function killsOf(acts: Readonly<Acts>): number {
  return acts.kill + acts.killAll + acts.killStarting;
}

/** Messages whose first answer was lost, and whose retry found the row in place. */
function foundByRetry(acks: readonly Ack[]): number {
  const first = new Map<string, Ack>();
  for (const ack of acks) if (!first.has(ack.nonce)) first.set(ack.nonce, ack);
  return [...first.values()].filter(({ status, isRetry }) => status === 200 && isRetry).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
