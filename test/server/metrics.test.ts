/** METRICS_PORT: the text form of Prometheus, in the real process, at loopback, in a form that a parser takes. */
import { connect } from "node:net";
import { describe, expect, onTestFinished } from "vitest";
import { type Family, parseExposition } from "../support/exposition.js";
import { failedStart } from "../support/failed-start.js";
import { freePort } from "../support/free-port.js";
import { call } from "../support/http-client.js";
import { type Start, test } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import type { ServerOptions, ServerProcess } from "../support/server.js";

const OWN: Readonly<Record<string, string>> = {
  parkbench_parked_readers: "gauge",
  parkbench_load_level: "gauge",
  parkbench_delivered_messages_total: "counter",
  parkbench_appended_messages_total: "counter",
  parkbench_commits_total: "counter",
  parkbench_committed_writes_total: "counter",
  parkbench_refused_total: "counter",
  parkbench_lost_wakeups_total: "counter",
  parkbench_dropped_connections_total: "counter",
  parkbench_wake_latency_seconds: "histogram",
  parkbench_event_loop_delay_seconds: "gauge",
};

const WITHIN = { timeout: 15_000, interval: 100 };

async function startWithMetrics(
  start: Start,
  options: ServerOptions = {},
): Promise<{ server: ServerProcess; metrics: string }> {
  const server = await start({ ...options, env: { METRICS_PORT: "0", ...options.env } });
  const [, metrics = ""] = /metrics are at (http:\S+?\/metrics)/.exec(server.output()) ?? [];
  expect(metrics).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  return { server, metrics };
}

async function scrape(url: string): Promise<ReadonlyMap<string, Family>> {
  const answer = await call(url);
  expect([answer.status, answer.headers["content-type"]]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return parseExposition(answer.text);
}

function value(families: ReadonlyMap<string, Family>, key: string): number {
  const [name = ""] = key.replace(/_(bucket|sum|count)$/, "").split("{");
  const found = families.get(name)?.samples.get(key);
  if (found === undefined) throw new Error(`no ${key} in ${[...families.keys()]}`);
  return found;
}

describe("the figures", () => {
  test("are whole and named as Prometheus has it, with the process's own beside them", async ({ start }) => {
    const { metrics } = await startWithMetrics(start);
    for (let n = 0; n < 2; n++) {
      const families = await scrape(metrics);
      const own = [...families].filter(([name]) => name.startsWith("parkbench_"));
      expect(Object.fromEntries(own.map(([name, { type }]) => [name, type]))).toEqual(OWN);
      for (const [name, { type, help, samples }] of own) {
        expect(name).toMatch(type === "counter" ? /_total$/ : /_(seconds|readers|level)$/);
        expect(help).toMatch(/^[A-Z].{10,}\.$/);
        expect(samples.size).toBeGreaterThan(0);
        for (const sample of samples.values()) expect(sample).toBeGreaterThanOrEqual(0);
      }
      for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"])
        expect(value(families, name)).toBeGreaterThan(0);
      expect(families.has("nodejs_gc_duration_seconds")).toBe(true);
      // One figure for one thing: ours does not hold the time between two looks.
      expect([...families.keys()].filter((name) => /event_?loop/.test(name))).toEqual([
        "parkbench_event_loop_delay_seconds",
      ]);
      expect(value(families, 'parkbench_refused_total{reason="storage_full"}')).toBe(0);
    }
  });

  test("move with what happens at the server", async ({ start }) => {
    const { server, metrics } = await startWithMetrics(start);
    const polls = await parkPolls(server.url, 20);
    expect(value(await scrape(metrics), "parkbench_parked_readers")).toBe(20);
    await call(`${server.url}/send`, { form: { name: "Ana", text: "to all" } });
    await Promise.all(polls.map(({ answer }) => answer));
    await call(`${server.url}/send`, { form: { name: "Ana", text: "" } });
    await call(`${server.url}/nowhere`);
    const families = await scrape(metrics);
    expect(value(families, "parkbench_parked_readers")).toBe(0);
    expect(value(families, 'parkbench_delivered_messages_total{transport="poll"}')).toBe(20);
    expect(value(families, 'parkbench_delivered_messages_total{transport="sse"}')).toBe(0);
    expect(value(families, 'parkbench_appended_messages_total{by="self"}')).toBe(1);
    expect(value(families, 'parkbench_refused_total{reason="text_empty"}')).toBe(1);
    expect(value(families, 'parkbench_refused_total{reason="not_found"}')).toBe(1);
    expect(value(families, "parkbench_commits_total")).toBe(1);
    expect(value(families, "parkbench_lost_wakeups_total")).toBe(0);
    // The wake, once for all twenty: in a bucket, in each above it, and in the whole.
    const { samples } = families.get("parkbench_wake_latency_seconds") as Family;
    const buckets = [...samples].filter(([key]) => key.includes("_bucket")).map(([, count]) => count);
    expect(buckets).toEqual(buckets.toSorted());
    expect(buckets.at(-1)).toBe(1);
    expect(samples.get("parkbench_wake_latency_seconds_count")).toBe(1);
    expect(samples.get("parkbench_wake_latency_seconds_sum")).toBeGreaterThan(0);
    // Nothing has happened since: a scrape moves nothing.
    const again = await scrape(metrics);
    for (const name of Object.keys(OWN).filter((own) => !own.includes("event_loop")))
      expect(again.get(name), name).toEqual(families.get(name));
  });

  test("of the event loop hold its delay alone, not the 10 ms between two looks at it", async ({ start }) => {
    const { metrics } = await startWithMetrics(start);
    const half = 'parkbench_event_loop_delay_seconds{quantile="0.5"}';
    await expect.poll(async () => value(await scrape(metrics), half), WITHIN).toBeLessThan(0.005);
  });

  test("of connections that were dropped count them", async ({ start }) => {
    const program = `ulimit -n 400 && exec "${process.execPath}" dist/server.js`;
    const { server, metrics } = await startWithMetrics(start, { command: ["sh", "-c", program] });
    const dropped = async () => value(await scrape(metrics), "parkbench_dropped_connections_total");
    expect(await dropped()).toBe(0);
    const sockets = Array.from({ length: 365 }, () =>
      connect(server.port, "127.0.0.1").on("error", () => {}),
    );
    // 360 of 400 files are for connections.
    await expect.poll(dropped, WITHIN).toBe(5);
    for (const socket of sockets) socket.destroy();
  });

  test("of the load are its level, and of what is refused for it", async ({ start }) => {
    // A wait of 1 ms is too much already: each second it gives up more.
    const { server, metrics } = await startWithMetrics(start, { env: { LIMIT_TURN_WAIT_MS: "1" } });
    const level = async () => value(await scrape(metrics), "parkbench_load_level");
    expect(await level()).toBe(0);
    // Stopped half of the time, as by a machine that has too much to do.
    let isStopped = false;
    const stutter = setInterval(() => {
      isStopped = !isStopped;
      server.child.kill(isStopped ? "SIGSTOP" : "SIGCONT");
    }, 150);
    onTestFinished(() => clearInterval(stutter));
    await expect.poll(level, WITHIN).toBeGreaterThan(1);
    clearInterval(stutter);
    server.child.kill("SIGCONT");
    const poll = await call(`${server.url}/poll?since=now`);
    expect(JSON.parse(poll.text).retry).toBeGreaterThan(0);
    expect(value(await scrape(metrics), 'parkbench_refused_total{reason="full"}')).toBe(1);
  });

  test("are read by GET and HEAD at one address, and the chat's own port has none", async ({ start }) => {
    const { server, metrics } = await startWithMetrics(start);
    expect((await call(metrics, { method: "HEAD" })).text).toBe("");
    expect((await call(`${metrics}?name=x`)).status).toBe(200);
    const post = await call(metrics, { method: "POST" });
    expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD"]);
    for (const path of ["/", "/metrics/x", "/healthz", "/poll"])
      expect((await call(metrics.replace("/metrics", path))).status).toBe(404);
    expect((await call(`${server.url}/metrics`)).status).toBe(404);
    expect(await server.stop()).toBe(0);
    await expect(call(metrics)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe("the port", () => {
  test("that another program has is said at the start, which leaves the chat's own port alone", async ({
    start,
    folder,
  }) => {
    const { metrics } = await startWithMetrics(start);
    const { port } = new URL(metrics);
    const env = {
      DATABASE_URL: `${folder}/other.db`,
      METRICS_PORT: port,
      PORT: String(await freePort()),
    };
    const { code, stderr } = await failedStart(env);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Parkbench cannot start:\\n  METRICS_PORT ${port} on 127\\.0\\.0\\.1 is taken\\. .*\\n$`),
    );
  });

  test("that is the chat's own is called a mistake, and not another program's", async () => {
    const port = String(await freePort());
    const { code, stderr } = await failedStart({ METRICS_PORT: port, PORT: port });
    expect([code, stderr]).toEqual([
      1,
      `Parkbench cannot start:\n  METRICS_PORT and PORT must be two: both are ${port}.\n`,
    ]);
  });

  test("is not opened where METRICS_PORT is unset", async ({ start }) => {
    const server = await start();
    expect(server.output()).not.toContain("metrics");
  });
});
