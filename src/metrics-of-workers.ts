/** The figures of several workers as one: what they count is added up, also of those that have ended. */
import cluster, { type Worker } from "node:cluster";
import {
  AggregatorRegistry,
  type MetricObjectWithValues,
  type MetricValue,
  type Registry,
} from "prom-client";

type Shown = MetricObjectWithValues<MetricValue<string>>;

/** A worker that does not answer by then is busy: what it said last is shown for it. */
const ASK_MS = 2000;

/**
 * What adds up the workers' figures when it is called. Not the library's own round: that fails as a whole with each worker
 * that dies in it, and forgets what ended workers have counted. A sum that shrinks looks to Prometheus like one that
 * began anew, so that it would count everything twice.
 */
export function metricsOfWorkers(): () => Promise<Registry> {
  const serving = new Set<Worker>();
  const last = new Map<number, readonly Shown[]>();
  const heard = new Map<number, () => void>();
  let ended: readonly Shown[] = [];
  let ending: Promise<void> = Promise.resolve();
  let round: Promise<Registry> | null = null;

  cluster.on("listening", (worker: Worker) => serving.add(worker));
  cluster.on("message", (worker: Worker, message: unknown) => {
    const figures = figuresIn(message);
    if (!figures) return;
    last.set(worker.id, figures);
    heard.get(worker.id)?.();
  });
  cluster.on("exit", (worker: Worker) => {
    const figures = last.get(worker.id) ?? [];
    serving.delete(worker);
    last.delete(worker.id);
    heard.get(worker.id)?.();
    const add = async () => {
      const sum = await sumOf([ended, figures]).getMetricsAsJSON();
      // A gauge says what is, and of a worker that has ended nothing is.
      ended = sum.filter(({ type }) => COUNTING.includes(String(type)));
    };
    // Should it fail, its counts are missing: no reason for all workers to end.
    ending = ending.then(add).catch(() => {});
  });

  // Whoever scrapes while others are being answered gets the same.
  return () => {
    round ??= collect().finally(() => (round = null));
    return round;
  };

  async function collect(): Promise<Registry> {
    await Promise.all([...serving].map(ask));
    await ending;
    return sumOf([...last.values(), ended]);
  }

  function ask(worker: Worker): Promise<void> | undefined {
    if (!worker.isConnected()) return undefined;
    return new Promise<void>((resolve) => {
      const late = setTimeout(resolve, ASK_MS);
      heard.set(worker.id, () => {
        clearTimeout(late);
        resolve();
      });
      worker.send({ parkbench: "figures" });
    }).finally(() => heard.delete(worker.id));
  }
}

/** As the types of metrics are written in a registry's JSON. */
const COUNTING: readonly string[] = ["counter", "histogram"];

function sumOf(parts: readonly (readonly Shown[])[]): Registry {
  return AggregatorRegistry.aggregate(parts as unknown as object[]);
}

function figuresIn(message: unknown): readonly Shown[] | null {
  const { parkbench, figures } = (message ?? {}) as { parkbench?: unknown; figures?: readonly Shown[] };
  return parkbench === "figures" && figures !== undefined ? figures : null;
}
