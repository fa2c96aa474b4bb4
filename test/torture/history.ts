/** What a torture run writes down: what was sent, answered, heard, looked up and seen, for the judge. */

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
  /** Nobody knew what had become of an attempt before this one. */
  readonly isRetry: boolean;
}

export type Wire = "poll" | "sse" | "ws";

/** What a reader has, who began behind `after` and read on until the last row. */
export interface Heard {
  readonly reader: string;
  readonly rooms: readonly string[];
  readonly after: number;
  readonly rows: readonly Row[];
  /** Requests and streams that somebody else has cut off. */
  readonly cut: number;
  readonly resets: number;
  /** Rows that came over each transport. */
  readonly by: Readonly<Record<Wire, number>>;
}

/** A row that was sent into a quiet room, and a reader that waited for it. */
export interface Probe {
  readonly wire: Wire;
  /** The reader waited at the process that took the message. */
  readonly isSameProcess: boolean;
  /** From the acknowledgement to the reader; null: it did not come. */
  readonly wakeMs: number | null;
}

/** A read, on any process, that began after the row had been acknowledged. */
export interface LookUp {
  readonly id: number;
  readonly process: string;
  readonly isThere: boolean;
}

/** What a process says that the log is, at the end. */
export interface View {
  readonly process: string;
  readonly rows: readonly Row[];
}

/** The messages of a page, as a browser's parser finds them. */
export interface Page {
  readonly process: string;
  readonly shown: readonly { readonly id: number; readonly text: string | null }[];
}

/** Somebody who signed in during the run, as a process knows them at the end. */
export interface Known {
  readonly process: string;
  readonly name: string;
  readonly knownAs: string | null;
}

/** What is done to a process. */
export type Act = "kill" | "killAll" | "killStarting" | "stop" | "freeze" | "cut";

/**
 * What is done to the database, where it is a server: ended and started, held up, all its connections cut, or those that
 * listen.
 */
export type DatabaseAct = "crash" | "hang" | "terminate" | "deafen";

/** What is done to the workers of a process, where it has some. */
export type WorkerAct = "killWorker" | "roll";

/** How often each has been done; what cannot be done in a run is not in it. */
export type Acts = Record<Act, number> & Partial<Record<DatabaseAct | WorkerAct, number>>;

/** All acts and faulty hops, nothing but kills, or a run in which nothing is done to anybody. */
export type Torture = "all" | "kill" | "none";

/** What a faulty TCP hop does to a connection. */
export type HopFault = "refused" | "lost" | "dropped" | "halved" | "delayed" | "silent";

export interface History {
  readonly acts: Readonly<Acts>;
  readonly struck: Readonly<Record<HopFault, number>>;
  readonly what: Torture;
  readonly processes: number;
  /** Sends that somebody else has cut off. */
  readonly unanswered: number;
  /** Sends whose writer hung up before the answer. */
  readonly hungUp: number;
  /** Sends that were answered in a frame of a WebSocket. */
  readonly framed: number;
  /** Rows that another program is known to have inserted. */
  readonly foreign: number;
  /** The table afterwards, ascending. */
  readonly log: readonly Row[];
  readonly sent: readonly Sent[];
  readonly acks: readonly Ack[];
  readonly heard: readonly Heard[];
  readonly probes: readonly Probe[];
  readonly lookUps: readonly LookUp[];
  readonly views: readonly View[];
  readonly pages: readonly Page[];
  readonly known: readonly Known[];
  /** What should not have happened at all: ends by themselves, answers that nobody should get. */
  readonly troubles: readonly string[];
}
