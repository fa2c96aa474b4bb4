/** A server has room for as many connections as there are files, and says once a minute how many it refused. */
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectionsMaxOf, limitConnections, openFilesMax, parkedMaxOf } from "../../src/http/connections.js";
import { call } from "../support/http-client.js";
import { openRaw } from "../support/raw-socket.js";
import { until } from "../support/until.js";

describe("the room for connections", () => {
  it.each([
    [20_000, 19_700, 19_600],
    [1024, 921, 821],
    [100, 90, 80],
  ])("of %i open files is %i connections, and fewer that are parked: %i", (files, connections, parked) => {
    expect([connectionsMaxOf(files), parkedMaxOf(files, 50_000)]).toEqual([connections, parked]);
    expect([parkedMaxOf(files, 7), parkedMaxOf(files, 0)]).toEqual([7, parked]);
  });

  it("without a limit of files is without one, and only as many are parked as are wanted", () => {
    const none = Number.POSITIVE_INFINITY;
    expect([connectionsMaxOf(none), parkedMaxOf(none, 7), parkedMaxOf(none, 0)]).toEqual([0, 7, 0]);
  });

  it("is what the operating system says of this process", () => {
    expect(openFilesMax()).toBeGreaterThan(100);
  });
});

describe("a server that is full", () => {
  const said: unknown[] = [];
  let server: Server;
  let port: number;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    said.length = 0;
    server = createServer((_req, res) => res.end("served"));
    limitConnections(server, 2, { info() {}, error() {}, warn: (fields) => void said.push(fields) });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(() => {
    vi.useRealTimers();
    server.close();
    server.closeAllConnections();
  });

  function refused(): Promise<void> {
    return new Promise((done) => {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.once("close", () => done());
      socket.resume();
    });
  }

  it("refuses the next, serves the others, and takes one again when one has gone", async () => {
    const [first, second] = [await openRaw(port), await openRaw(port)];
    await refused();
    first.write("GET / HTTP/1.1\r\nHost: chat\r\n\r\n");
    await first.until(/served$/);
    second.reset();
    await until(() => server.listening, "listening");
    await second.gone;
    await vi.waitFor(async () => expect((await call(`http://127.0.0.1:${port}/`)).status).toBe(200));
    first.reset();
  });

  it("says at once that it refused one, and a minute later how many more; then nothing while it refuses none", async () => {
    const [first, second] = [await openRaw(port), await openRaw(port)];
    for (let n = 0; n < 10; n++) await refused();
    expect(said).toEqual([{ refused: 1, connectionsMax: 2 }]);
    vi.advanceTimersByTime(60_000);
    expect(said.slice(1)).toEqual([{ refused: 9, connectionsMax: 2 }]);
    vi.advanceTimersByTime(600_000);
    expect(said).toHaveLength(2);
    await refused();
    expect(said.slice(2)).toEqual([{ refused: 1, connectionsMax: 2 }]);
    for (const socket of [first, second]) socket.reset();
  });
});
