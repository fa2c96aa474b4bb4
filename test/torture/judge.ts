/** The judge of a torture run: what is promised, held against what is in the log and what everybody has heard. */
import type { Ack, Heard, History, Row } from "./history.js";
import { type Counts, countsOf, lacksOf } from "./judge-counts.js";

export interface Verdict {
  readonly outcome: "PASS" | "FAIL" | "INCONCLUSIVE";
  /** One line each; at most 20. */
  readonly faults: readonly string[];
  readonly counts: Counts;
}

const FAULTS_MAX = 20;

/** Far more than the promised 100 ms, as the machine is busy; far less than a park, which a lost wake lasts. */
export const WAKE_MS_MAX = 4000;

/** FAIL when a promise was broken, INCONCLUSIVE when too little happened to say that none is. */
export function judge(history: History): Verdict {
  const faults = [...faultsOf(history)];
  const counts = countsOf(history);
  const lacking = [...lacksOf(history, counts)].map((text) => `too little happened: ${text}`);
  return {
    outcome: faults.length > 0 ? "FAIL" : lacking.length > 0 ? "INCONCLUSIVE" : "PASS",
    faults: [...faults, ...lacking].slice(0, FAULTS_MAX),
    counts,
  };
}

function* faultsOf(history: History): Generator<string> {
  yield* history.troubles;
  yield* faultsOfAcks(history);
  yield* faultsOfLog(history);
  yield* faultsOfOrder(history);
  for (const heard of history.heard) yield* faultsOfReader(history.log, heard);
  for (const { process, rows } of history.views) yield* differences(process, rows, history.log);
  yield* faultsOfPages(history);
  for (const { id, process, isThere } of history.lookUps)
    if (!isThere) yield `row ${id} was acknowledged, and a read on ${process} that began then has it not`;
  for (const { wire, isSameProcess, wakeMs } of history.probes)
    if (wakeMs === null || wakeMs > WAKE_MS_MAX)
      yield `a quiet room was not woken by ${wire} on ${isSameProcess ? "the same" : "another"} process: ${wakeMs ?? "never"}`;
  for (const { process, name, knownAs } of history.known)
    if (knownAs !== name) yield `${name} signed in, and is ${knownAs ?? "nobody"} on ${process}`;
}

/** Every acknowledged message is there once, as it was sent, under the id that every answer gave. */
function* faultsOfAcks({ log, sent, acks }: History): Generator<string> {
  const rows = new Map(log.map((row) => [row.id, row]));
  const meant = new Map(sent.map((one) => [one.nonce, one]));
  const ids = new Map<string, number>();
  for (const { nonce, id } of acks) {
    const first = ids.get(nonce) ?? id;
    ids.set(nonce, first);
    if (first !== id) yield `${nonce} was answered with id ${first}, and with ${id} when it was sent again`;
    const [row, one] = [rows.get(id), meant.get(nonce)];
    if (!row) yield `${nonce} was acknowledged as ${id}, and there is no such row`;
    else if (row.nonce !== nonce || row.text !== one?.text || row.room !== one.room)
      yield `${nonce} was acknowledged as ${id}, and that row is another message`;
  }
}

/** Nothing is there twice, and nothing that nobody sent. */
function* faultsOfLog({ log, sent }: History): Generator<string> {
  const meant = new Map(sent.map((one) => [one.nonce, one]));
  const seen = new Set<string | null>();
  let before = 0;
  for (const { id, nonce, room, text } of log) {
    const one = meant.get(nonce ?? "");
    if (one?.text !== text || one.room !== room) yield `row ${id} was sent by nobody`;
    if (seen.has(nonce)) yield `${nonce} is there twice, the second time as ${id}`;
    if (id <= before) yield `row ${id} comes after row ${before}`;
    seen.add(nonce);
    before = id;
  }
}

/** What was answered before another send of the room began has the smaller id. */
function* faultsOfOrder({ sent, acks }: History): Generator<string> {
  const meant = new Map(sent.map((one) => [one.nonce, one]));
  const ids = new Map(acks.map(({ nonce, id }) => [nonce, id]));
  const answered: readonly Ack[] = acks.toSorted((a, b) => a.at - b.at);
  const newest = new Map<string, number>();
  let next = 0;
  for (const { nonce, room, begunAt } of sent.toSorted((a, b) => a.begunAt - b.begunAt)) {
    for (let ack = answered[next]; ack && ack.at < begunAt; ack = answered[++next]) {
      const itsRoom = meant.get(ack.nonce)?.room ?? "";
      newest.set(itsRoom, Math.max(newest.get(itsRoom) ?? 0, ack.id));
    }
    const id = ids.get(nonce);
    const floor = newest.get(room) ?? 0;
    if (id !== undefined && id <= floor)
      yield `${nonce} is row ${id}, and began after row ${floor} was answered`;
  }
}

/** A reader has exactly its rooms' log: no gap, nothing twice, nothing out of order, nothing else, up to the end. */
function* faultsOfReader(log: readonly Row[], heard: Heard): Generator<string> {
  const { reader, rooms, after, rows, resets } = heard;
  if (resets > 0) yield `${reader} was told ${resets} times that its cursor means nothing`;
  yield* differences(
    reader,
    rows,
    log.filter(({ id, room }) => id > after && rooms.includes(room)),
  );
}

function* differences(who: string, rows: readonly Row[], due: readonly Row[]): Generator<string> {
  for (let at = 0; at < Math.max(due.length, rows.length); at++) {
    const [want, got] = [due[at], rows[at]];
    if (want && got && want.id === got.id && want.text === got.text && want.room === got.room) continue;
    yield `${who} has ${show(got)} where the log has ${show(want)}`;
    return;
  }
}

/** What a page shows is what was sent, character for character: not what a browser made of it. */
function* faultsOfPages({ pages, log }: History): Generator<string> {
  const texts = new Map(log.map(({ id, text }) => [id, text]));
  for (const { process, shown } of pages) {
    const wrong = shown.find(({ id, text }) => texts.get(id) !== text);
    if (wrong) yield `a page of ${process} shows ${JSON.stringify(wrong.text)} for row ${wrong.id}`;
  }
}

function show(row: Row | undefined): string {
  return row ? `row ${row.id} (${row.room}, ${JSON.stringify(row.text)})` : "nothing";
}
