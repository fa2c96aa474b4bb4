/** The figures to reach: each one as data, and what a run says about it. */

const fanOut = (peer, parked) => ({
  scenario: "fan-out",
  peer,
  metric: "cpuUsPerDelivery",
  params: { parked, held: false },
});
const burst = (peer) => ({
  scenario: "fan-out",
  peer,
  metric: "burstWallMs",
  params: { parked: 10_000, held: true },
});
const memory = (metric, parked) => ({ scenario: "memory", peer: "parkbench", metric, params: { parked } });
const sends = (peer, metric) => ({ scenario: "durable-sends", peer, metric, params: { senders: 64 } });
const catchUp = (peer) => ({
  scenario: "catch-up",
  peer,
  metric: "cpuUsPerCatchUp",
  params: { rows: 50 },
});
const isolation = (elsewhere) => ({
  scenario: "isolation",
  peer: "parkbench",
  metric: "cpuUsPerMessage",
  params: { elsewhere },
});
const longLog = (rows, rowsBack) => ({
  scenario: "long-log",
  peer: "parkbench",
  metric: "pollCpuUs",
  params: { rows, rowsBack },
});
const appends = (peer, waiting) => ({
  scenario: "append-postgres",
  peer,
  metric: "rowsPerS",
  params: { waiting },
});
const wakeAcross = (parked) => ({
  scenario: "wake-across",
  peer: "parkbench",
  metric: "fromSendMsP50",
  params: { parked, store: "sqlite" },
});
const steadyChat = (peer) => ({
  scenario: "steady-chat",
  peer,
  metric: "latencyMsP99",
  params: { clients: 500, rooms: 50, perSecond: 200 },
});

const atMost = (bound) => ({ relation: "<=", bound });
const atLeast = (bound) => ({ relation: ">=", bound });

/**
 * `of` alone is the figure itself, `over` makes it a ratio and `minus` a difference, always of two medians of one run.
 *
 * @typedef {import("./rows.js").Wanted} Wanted
 * @typedef {{ relation: "<=" | ">=", bound: number }} Limit
 * @typedef {{ of: Wanted, over?: Wanted, minus?: Wanted, unit: string, reach?: Limit, goFor?: Limit }} Check
 * @typedef {{ text: string, checks: readonly Check[] }} Target
 * @type {readonly Target[]}
 */
export const TARGETS = [
  {
    text: "CPU per delivered message with its next poll, 10,000 parked",
    checks: [
      {
        of: fanOut("parkbench", 10_000),
        over: fanOut("plain", 10_000),
        unit: "x plain node:http",
        reach: atMost(0.65),
      },
      {
        of: fanOut("parkbench", 10_000),
        over: fanOut("nchan", 10_000),
        unit: "x nchan",
        reach: atMost(1.5),
        goFor: atMost(1),
      },
    ],
  },
  {
    text: "the same at 18,000 parked against 5,000",
    checks: [
      {
        of: fanOut("parkbench", 18_000),
        over: fanOut("parkbench", 5000),
        unit: "x at 5,000",
        reach: atMost(1.15),
        goFor: atMost(1),
      },
    ],
  },
  {
    text: "burst: one message to 10,000, wall time, re-polls held back",
    checks: [
      { of: burst("parkbench"), over: burst("plain"), unit: "x plain node:http", reach: atMost(0.75) },
      { of: burst("parkbench"), over: burst("nchan"), unit: "x nchan", goFor: atMost(1) },
    ],
  },
  {
    text: "memory per parked client at 10,000",
    checks: [{ of: memory("kibPerParked", 10_000), unit: "KiB", reach: atMost(10), goFor: atMost(6) }],
  },
  {
    text: "peak memory per parked client at 18,000",
    checks: [{ of: memory("kibPerParkedPeak", 18_000), unit: "KiB", reach: atMost(14) }],
  },
  {
    text: "durable send (64 senders) against plain node:http with no store",
    checks: [
      {
        of: sends("parkbench", "cpuUsPerSend"),
        over: sends("plain", "cpuUsPerSend"),
        unit: "x its CPU",
        reach: atMost(2),
        goFor: atMost(1.5),
      },
      {
        of: sends("parkbench", "sendsPerS"),
        over: sends("plain", "sendsPerS"),
        unit: "x its rate",
        reach: atLeast(0.6),
        goFor: atLeast(0.75),
      },
    ],
  },
  {
    text: "catch-up of 50 rows in an active room against a prebuilt buffer on plain node:http",
    checks: [
      {
        of: catchUp("parkbench"),
        over: catchUp("plain"),
        unit: "x its CPU",
        reach: atMost(2),
        goFor: atMost(1.3),
      },
    ],
  },
  {
    text: "a message to 10 readers with 19,000 parked elsewhere against none",
    checks: [
      {
        of: isolation(19_000),
        over: isolation(0),
        unit: "x with none",
        reach: atMost(1.15),
        goFor: atMost(1),
      },
    ],
  },
  {
    text: "poll with since= on 10 million rows against 10,000 rows",
    checks: [
      {
        of: longLog(10_000_000, 50),
        over: longLog(10_000, 50),
        unit: "x, 50 rows back",
        reach: atMost(1.3),
        goFor: atMost(1),
      },
      {
        of: longLog(10_000_000, 0),
        over: longLog(10_000, 0),
        unit: "x, up to date",
        reach: atMost(1.3),
        goFor: atMost(1),
      },
    ],
  },
  {
    text: "steady chat, p99 of send to delivery",
    checks: [
      {
        of: steadyChat("parkbench"),
        minus: steadyChat("plain"),
        unit: "ms more than plain node:http",
        reach: atMost(5),
        goFor: atMost(1),
      },
    ],
  },
  {
    text: "appends to PostgreSQL, 64 waiting at once, against plain INSERTs of 64 rows",
    checks: [
      {
        of: appends("parkbench", 64),
        over: appends("insert", 64),
        unit: "x their rate",
        reach: atLeast(0.5),
        goFor: atLeast(0.75),
      },
    ],
  },
  {
    text: "a message sent at one worker to a reader parked at another, median from the send's start",
    checks: [{ of: wakeAcross("other-worker"), unit: "ms", reach: atMost(20), goFor: atMost(10) }],
  },
];
