// Loaded before the server: at SIGUSR2 it counts what the process holds, and writes that down as one line.
import { IncomingMessage, ServerResponse } from "node:http";
import { queryObjects } from "node:v8";

process.on("SIGUSR2", () => {
  const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const held = { requests: queryObjects(IncomingMessage), responses: queryObjects(ServerResponse), timers };
  process.stdout.write(`held ${JSON.stringify(held)}\n`);
});
