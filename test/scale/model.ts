/** What the model is made of: the load, the network, and what each piece of work costs. */

/**
 * All of it can be given to `npm run scale`: `--flush-ms 5`. Costs are what `npm run scale -- measure` and `npm run bench`
 * print; where each was seen is in docs/scale.md. Those in `Us` are microseconds on a core.
 */
export const MODEL = {
  seed: 1,
  /** For how long messages are sent. */
  seconds: 2,
  /** Of each process. */
  readers: 200,
  /** Of one room, spread over all processes. */
  roomReaders: 20,
  /** A second, of all processes together; 0: `messagesEach` counts. */
  messagesAll: 0,
  /** A second, of each process. */
  messagesEach: 20,
  /** From an answer until its reader is back. */
  awayMs: 20,
  /** One in so many comes back to a process that is drawn, as a balancer of requests sends it; 0: each stays at its own. */
  roamOneIn: 0,

  roundTripMsMin: 0.2,
  roundTripMsMax: 1,
  /** One way in so many takes so many times as long. */
  slowOneIn: 100,
  slowTimes: 10,

  databaseCores: 8,
  /** What the disk takes to say that a commit is on it. */
  flushMs: 2,
  /** Of the database, under the lock. */
  commitUs: 480,
  commitRowUs: 12,
  /** Of the database for the tail's read, nearly all of it to plan the statement; and for each row that is found. */
  readUs: 280,
  readRowUs: 2,
  /** For the look at the end of the log, twice a second from each process. */
  lookUs: 50,
  notifyUs: 45,
  /** For each process that listens. */
  notifyEachUs: 20,

  /** Of the process, its reader's next poll included. */
  deliveryUs: 30,
  /** Of the process, without its share of the statement that stores a group. */
  sendUs: 100,
  processCommitUs: 490,
  processReadUs: 140,
  processReadRowUs: 1.5,
  processLookUs: 65,
  processNotifyUs: 45,
  hearUs: 6,
};

export type Model = Readonly<typeof MODEL>;
