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

  roundTripMsMin: 0.2,
  roundTripMsMax: 1,
  /** One way in so many takes so many times as long. */
  slowOneIn: 100,
  slowTimes: 10,

  databaseCores: 8,
  /** What the disk takes to say that a commit is on it. */
  flushMs: 2,
  commitUs: 450,
  commitRowUs: 18,
  readUs: 150,
  lookUs: 40,
  notifyUs: 100,
  /** For each process that listens. */
  notifyEachUs: 30,

  deliveryUs: 30,
  sendUs: 120,
  processReadUs: 150,
  processNotifyUs: 100,
  hearUs: 20,
};

export type Model = Readonly<typeof MODEL>;
