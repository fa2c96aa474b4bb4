// Loaded before the server: answers "measure" with what the process has used and how late its event loop was.
import { readdirSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";

const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();

process.on("message", (message) => {
  if (message !== "measure") return;
  const { user, system } = process.cpuUsage();
  process.send({
    rssBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    files: readdirSync("/proc/self/fd").length,
    delayMaxMs: Math.max(0, delays.max / 1e6 - 10),
  });
  delays.reset();
});
// The server ends when it has nothing more to do, whoever listens here.
process.channel.unref();
