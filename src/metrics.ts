/** The figures of a running chat, as Prometheus has them. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import {
  type Aggregator,
  Counter,
  collectDefaultMetrics,
  Gauge,
  type Histogram,
  Registry,
} from "prom-client";
import type { Stats } from "./core/counts.js";

const LOOP_LOOK_MS = 10;

export interface Figures {
  readonly registry: Registry;
  close(): void;
}

/** Of this process: the event loop is looked at until they are closed. */
export function openFigures(stats: () => Stats): Figures {
  const registry = new Registry();
  const loop = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
  register(registry, stats, loop);
  loop.enable();
  return { registry, close: () => loop.disable() };
}

/** A figure as it is shown: its labels, and its value. */
type Sample = readonly [labels: Readonly<Record<string, string | number>>, value: number];

interface Figure {
  /** After `parkbench_`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  samples(stats: Stats): readonly Sample[];
}

/** The last: how those of several workers become one. */
const GAUGES: readonly [stat: "parked" | "loadLevel", name: string, help: string, Aggregator][] = [
  ["parked", "parked_readers", "Readers that wait now: polls, streams, WebSockets, waiting pages.", "sum"],
  [
    "loadLevel",
    "load_level",
    "What is given up under load: 0 nothing, 1 long parks, 2 parks, 3 sends.",
    "max",
  ],
];

const COUNTERS: readonly Figure[] = [
  {
    name: "delivered_messages_total",
    help: "Messages written to readers, by transport; wait is the waiting page, live the endless one.",
    labelNames: ["transport"],
    samples: ({ delivered }) => Object.entries(delivered).map(([transport, count]) => [{ transport }, count]),
  },
  {
    name: "appended_messages_total",
    help: "Messages appended by this process (self), or by other programs and read here while somebody waited (others).",
    labelNames: ["by"],
    samples: ({ appended, appendedByOthers }) => [
      [{ by: "self" }, appended],
      [{ by: "others" }, appendedByOthers],
    ],
  },
  {
    name: "commits_total",
    help: "Transactions flushed to disk.",
    samples: ({ commits }) => [[{}, commits]],
  },
  {
    name: "committed_writes_total",
    help: "Writes (messages, sessions, names, probes) in those transactions: divided by the commits, how many share a flush.",
    samples: ({ writes }) => [[{}, writes]],
  },
  {
    name: "refused_total",
    help: "What was refused, by the code of the problem; full is a reader that was not parked, as too many are.",
    labelNames: ["reason"],
    samples: ({ refused }) => Object.entries(refused).map(([reason, count]) => [{ reason }, count]),
  },
  {
    name: "lost_wakeups_total",
    help: "Batches of rows that no ring had told of, found by the safety re-read: should stay 0.",
    samples: ({ lostWakeUps }) => [[{}, lostWakeUps]],
  },
  {
    name: "dropped_connections_total",
    help: "Connections closed unread, as many as the open files allow being open.",
    samples: ({ droppedConnections }) => [[{}, droppedConnections]],
  },
];

function register(registry: Registry, stats: () => Stats, loop: IntervalHistogram): void {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // They hold the 10 ms between two looks of theirs, also when nothing is late; ours, below, do not.
  for (const { name } of registry.getMetricsAsArray())
    if (name.startsWith("nodejs_eventloop_lag")) registry.removeSingleMetric(name);
  for (const [stat, name, help, aggregator] of GAUGES)
    new Gauge({
      name: `parkbench_${name}`,
      help,
      registers,
      aggregator,
      collect() {
        this.set(stats()[stat]);
      },
    });
  for (const { name, help, labelNames = [], samples } of COUNTERS)
    new Counter({
      name: `parkbench_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        // It has been counted elsewhere all along: that is put in place of what was shown before.
        this.reset();
        for (const [labels, count] of samples(stats())) this.inc(labels, count);
      },
    });
  registry.registerMetric(wakeLatency(stats));
  new Gauge({
    name: "parkbench_event_loop_delay_seconds",
    help: "How late the event loop came round since the last scrape, by quantile; 1 is the latest.",
    labelNames: ["quantile"],
    registers,
    aggregator: "max",
    collect() {
      for (const quantile of [0.5, 0.9, 0.99, 1]) this.set({ quantile }, delayS(loop, quantile));
      loop.reset();
    },
  });
}

/** The library's own histogram takes observations, and these have been counted already. */
function wakeLatency(stats: () => Stats): Histogram {
  const name = "parkbench_wake_latency_seconds";
  const shown = {
    name,
    async get() {
      const { count, sumMs, atMost } = stats().wakes;
      const metricName = `${name}_bucket`;
      const bucket = (le: string | number, value: number) => ({ metricName, labels: { le }, value });
      return {
        name,
        help: "From the ring for new rows to the last reader woken for them: once for each batch, not for each reader.",
        type: "histogram",
        aggregator: "sum",
        values: [
          ...atMost.map((upTo) => bucket(upTo.ms / 1000, upTo.count)),
          bucket("+Inf", count),
          { metricName: `${name}_sum`, labels: {}, value: sumMs / 1000 },
          { metricName: `${name}_count`, labels: {}, value: count },
        ],
      };
    },
  };
  // The registry asks a metric for no more than this.
  return shown as unknown as Histogram;
}

/** A look that is on time comes after the time between two looks: what is beyond is the delay. */
function delayS(loop: IntervalHistogram, quantile: number): number {
  const ns = loop.count === 0 ? 0 : quantile === 1 ? loop.max : loop.percentile(quantile * 100);
  return Math.max(0, ns / 1e9 - LOOP_LOOK_MS / 1000);
}
