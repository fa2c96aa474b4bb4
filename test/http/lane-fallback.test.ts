/** Where node:http is other inside than it was, the trial says so, it is logged, and polls work the plain way. */
import type { Server } from "node:http";
import { expect, it, vi } from "vitest";
import type { Logger } from "../../src/core/logger.js";
import { parserLaneWorks } from "../../src/http/parser-lane-trial.js";
import { standalone } from "../support/standalone.js";
import { benchOf, park } from "../support/waiting.js";

/** As a Node would be whose connections have no such parser: nobody but node itself hears of them. */
vi.mock(import("node:http"), async (original) => {
  const http = await original();
  const createServer = ((...args: Parameters<typeof http.createServer>) => {
    const server: Server = http.createServer(...args);
    const on = server.on.bind(server);
    server.on = ((event: string, listener: () => void) =>
      event === "connection" ? server : on(event, listener)) as typeof server.on;
    return server;
  }) as typeof http.createServer;
  return { ...http, createServer };
});

const warn = vi.fn();
const logger: Logger = { debug() {}, info() {}, warn, error() {}, fatal() {} } as unknown as Logger;
const app = standalone({ logger });

it("the trial fails, a warning is logged, and a poll parks and is answered", async () => {
  expect(await parserLaneWorks()).toBe(false);
  expect(warn).toHaveBeenCalledWith({ node: process.version }, expect.stringMatching(/held whole/));
  const poll = await park(benchOf(app()), "/poll?since=0");
  const { id } = await app().chat.send({ room: "lobby", text: "all the same" });
  expect((await poll.body).messages.map((message) => message.id)).toEqual([id]);
});
