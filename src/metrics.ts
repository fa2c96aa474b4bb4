/** The figures of a running chat in the text form of Prometheus, on a server of their own at a loopback port. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, type Histogram, Registry } from "prom-client";
import type { Stats } from "./core/counts.js";

const HOST = "127.0.0.1";
const LOOP_LOOK_MS = 10;

export interface MetricsOptions {
  /** 0: any that is free. */
  readonly port: number;
  readonly stats: () => Stats;
}

export interface Metrics {
  readonly url: string;
  close(): void;
}

/** Resolves when it listens; rejects with a text for the person who starts the program. */
export async function serveMetrics({ port, stats }: MetricsOptions): Promise<Metrics> {
  const registry = new Registry();
  const loop = monitorEventLoopDelay({ resolution: LOOP_LOOK_MS });
  register(registry, stats, loop);
  const server = serve(registry);
  await new Promise<void>((done, fail) => {
    server.once("error", (error) => fail(new Error(mistake(error, port))));
    server.listen(port, HOST, done);
  });
  loop.enable();
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/metrics`,
    close() {
      loop.disable();
      server.close();
      server.closeAllConnections();
    },
  };
}

function serve(registry: Registry): Server {
  return createServer((req, res) => {
    const isKnown = req.url?.split("?")[0] === "/metrics";
    const isRead = req.method === "GET" || req.method === "HEAD";
    res.setHeader("Cache-Control", "no-store");
    res.setHeader("X-Content-Type-Options", "nosniff");
    if (isKnown && isRead) {
      registry.metrics().then(
        (text) => res.writeHead(200, { "Content-Type": registry.contentType }).end(text),
        () => res.writeHead(500).end("The figures could not be collected.\n"),
      );
      return;
    }
    if (isKnown) res.setHeader("Allow", "GET, HEAD");
    res.writeHead(isKnown ? 405 : 404, { "Content-Type": "text/plain; charset=utf-8" });
    res.end("There is nothing here but GET /metrics.\n");
  });
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

const GAUGES: readonly [stat: "parked" | "loadLevel", name: string, help: string][] = [
  ["parked", "parked_readers", "Readers that wait now: polls, streams, WebSockets, waiting pages."],
  ["loadLevel", "load_level", "What is given up under load: 0 nothing, 1 long parks, 2 parks, 3 sends."],
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
  for (const [stat, name, help] of GAUGES)
    new Gauge({
      name: `parkbench_${name}`,
      help,
      registers,
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

function mistake({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code === "EADDRINUSE")
    return `METRICS_PORT ${port} on ${HOST} is taken. Stop the program that has it, or set METRICS_PORT to another.`;
  if (code === "EACCES")
    return `METRICS_PORT ${port} needs rights that this user has not. Set it to 1024 or higher.`;
  return message;
}
