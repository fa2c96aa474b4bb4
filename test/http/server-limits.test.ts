/** A server takes as many connections as its open files allow, closes the next at once, and says so. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { openFilesMax, setServerLimits } from "../../src/http/server-limits.js";
import { openRaw, rawGet } from "../support/raw-socket.js";

async function start(filesMax: number | null) {
  const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const server = createServer((_req, res) => void res.end("here"));
  setServerLimits(server, logger, filesMax);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, logger, port: (server.address() as AddressInfo).port };
}

it("the one after the last is closed; those before it are served, and there is room again when one goes", async () => {
  const { logger, port } = await start(6);
  const there = [await openRaw(port), await openRaw(port), await openRaw(port)];
  for (const socket of there) {
    socket.write(rawGet("/"));
    await socket.until(/here/);
  }
  for (let i = 0; i < 3; i++) {
    const late = await openRaw(port);
    await late.gone;
    expect(late.received()).toBe("");
  }
  expect(logger.warn.mock.calls).toEqual([
    [{ connectionsMax: 3 }, expect.stringContaining("open-file limit")],
  ]);
  there[0]?.write(rawGet("/"));
  await there[0]?.until(/here.*here/s);
  there[1]?.reset();
  await there[1]?.gone;
  await expect
    .poll(async () => {
      const next = await openRaw(port);
      next.write(rawGet("/", "Connection: close"));
      await next.gone;
      return next.received();
    })
    .toMatch(/here/);
});

it("some files are left for everything else, and where no limit is known none is set", async () => {
  expect((await start(20_000)).server.maxConnections).toBe(19_750);
  expect((await start(300)).server.maxConnections).toBe(150);
  expect((await start(null)).server.maxConnections ?? 0).toBe(0);
});

it.runIf(process.platform === "linux")("the limit of this process is known", () => {
  expect(openFilesMax()).toSatisfy((files: number) => files >= 256);
});
