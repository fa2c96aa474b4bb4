/** The judge of a run with kills: what was promised, held against what is in the log and what the readers have. */

export interface Row {
  readonly id: number;
  readonly room: string;
  readonly text: string;
  readonly nonce: string | null;
}

/** What a writer meant to say. Times are of one clock, in ms. */
export interface Sent {
  readonly nonce: string;
  readonly room: string;
  readonly text: string;
  /** When it was tried first. */
  readonly begunAt: number;
}

/** An answer of 200 or 201 that reached its writer. */
export interface Ack {
  readonly nonce: string;
  readonly id: number;
  readonly status: number;
  readonly at: number;
}

/** What a reader has, who began before the first row and read on until after the last. */
export interface Heard {
  readonly reader: string;
  readonly rooms: readonly string[];
  readonly rows: readonly Row[];
  /** Polls that a kill has cut off. */
  readonly cut: number;
  readonly resets: number;
}

export interface History {
  readonly kills: number;
  /** Sends that a kill has cut off. */
  readonly unanswered: number;
  /** Sends whose writer hung up before the answer. */
  readonly hungUp: number;
  /** The table afterwards, ascending. */
  readonly log: readonly Row[];
  readonly sent: readonly Sent[];
  readonly acks: readonly Ack[];
  readonly heard: readonly Heard[];
}

export interface Verdict {
  readonly outcome: "kept" | "BROKEN" | "INCONCLUSIVE";
  /** One line each; at most 20. */
  readonly faults: readonly string[];
  readonly counts: Readonly<
    Record<"kills" | "rows" | "acks" | "unanswered" | "hungUp" | "found" | "heard", number>
  >;
}

const FAULTS_MAX = 20;

export function judge(history: History): Verdict {
  const faults = [...faultsOfAcks(history), ...faultsOfLog(history), ...faultsOfOrder(history)];
  for (const heard of history.heard) faults.push(...faultsOfReader(history.log, heard));
  const counts = {
    kills: history.kills,
    rows: history.log.length,
    acks: history.acks.length,
    unanswered: history.unanswered,
    hungUp: history.hungUp,
    found: foundByRetry(history.acks),
    heard: history.heard.reduce((sum, { rows }) => sum + rows.length, 0),
  };
  const lacking = lackOf(history, counts.found);
  return {
    outcome: faults.length > 0 ? "BROKEN" : lacking.length > 0 ? "INCONCLUSIVE" : "kept",
    faults: [...faults, ...lacking].slice(0, FAULTS_MAX),
    counts,
  };
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
  const answered = acks.toSorted((a, b) => a.at - b.at);
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
function* faultsOfReader(log: readonly Row[], { reader, rooms, rows, resets }: Heard): Generator<string> {
  if (resets > 0) yield `${reader} was told ${resets} times that its cursor means nothing`;
  const due = log.filter(({ room }) => rooms.includes(room));
  for (let at = 0; at < Math.max(due.length, rows.length); at++) {
    const [want, got] = [due[at], rows[at]];
    if (want && got && want.id === got.id && want.text === got.text && want.room === got.room) continue;
    yield `${reader} has ${show(got)} where the log has ${show(want)}`;
    return;
  }
}

function show(row: Row | undefined): string {
  return row ? `row ${row.id} (${row.room}, ${row.text})` : "nothing";
}

/** Messages whose first answer was lost, and whose retry found the row in place. */
function foundByRetry(acks: readonly Ack[]): number {
  const first = new Map<string, number>();
  for (const { nonce, status } of acks) if (!first.has(nonce)) first.set(nonce, status);
  return [...first.values()].filter((status) => status === 200).length;
}

/** A run in which too little happened has shown nothing. */
function* lacks({ kills, acks, unanswered, heard }: History, found: number): Generator<string> {
  if (kills < 1) yield "nothing was killed";
  if (acks.length < 10 * kills) yield `only ${acks.length} acknowledged sends for ${kills} kills`;
  if (unanswered < kills) yield `only ${unanswered} sends were cut off`;
  if (found < Math.max(1, kills / 10)) yield `only ${found} retries found their row`;
  if (heard.length === 0) yield "nobody read";
  for (const { reader, rows, cut } of heard)
    if (rows.length < kills || cut < kills / 2)
      yield `${reader} has ${rows.length} rows and was cut off ${cut} times`;
}

function lackOf(history: History, found: number): readonly string[] {
  return [...lacks(history, found)].map((text) => `too little happened: ${text}`);
}
