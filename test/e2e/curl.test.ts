/** The README's lines for a terminal, as they are pasted. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { historyOf, makeRoom } from "../support/guest.js";
import { hasReadAll } from "../support/parked.js";
import { type Pasted, paste } from "../support/pasted.js";
import { makeFolder, type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const SECTION = /^## curl\n(.*?)^## /ms.exec(README)?.[1] ?? "";
const LINES = [...SECTION.matchAll(/^```sh\n(.*?)^```/gms)].map((block) => (block[1] ?? "").trim());
const [WAIT = "", SEND = "", GO_ON = "", STAY = "", INSERT = ""] = LINES;

describe.skipIf(!tools.curl || !tools.sqlite3)("the README's lines", () => {
  let server: ServerProcess;
  let pasted: Pasted[];

  beforeEach(async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "data"));
    pasted = [];
    server = await startServer({ folder, env: { DATABASE_URL: join(folder, "data", "parkbench.db") } });
  });
  afterEach(async () => {
    for (const line of pasted) line.stop();
    await server.stop();
    rmSync(server.folder, { recursive: true, force: true });
  });

  it("are the five that these tests know", () => {
    expect(LINES).toEqual([
      expect.stringMatching(/^curl '.*\/poll\?since=now'$/),
      expect.stringMatching(/^curl -d .*\/send$/),
      expect.stringMatching(/^curl '.*\/poll\?since=1'$/),
      expect.stringMatching(/^curl -N '.*\/events\?since=0'$/),
      expect.stringMatching(/^sqlite3 data\/parkbench.db "INSERT INTO messages .*"$/),
    ]);
  });

  it("one waits, another's message is answered 201, and the first prints it within 100 ms", async () => {
    await makeRoom(server.url, "Gardener", "garden", "Garden");
    const elsewhere = await parked(WAIT.replace("since=now", "since=now&room=garden"));
    const lags: number[] = [];
    // Other tests share the machine: one round of three shows what the chat itself takes.
    for (let round = 1; round <= 3; round++) {
      const waiting = await parked(WAIT);
      const sending = run(SEND);
      const sentAt = await sending.ended;
      expect(sending.account()).toContain("< HTTP/1.1 201 Created");
      lags.push((await waiting.ended) - sentAt);
      expect(JSON.parse(waiting.output())).toMatchObject({
        messages: [{ id: round, room: "lobby", from: { name: "Ana" }, text: "hello" }],
      });
    }
    expect(Math.min(...lags)).toBeLessThan(100);
    expect(elsewhere.code()).toBe(null);
    expect(elsewhere.output()).toBe("");
  });

  it("the next poll goes on from there, and hears a row that another program inserts", async () => {
    await run(SEND).ended;
    const waiting = await parked(GO_ON);
    expect(waiting.output()).toBe("");
    await run(INSERT).ended;
    await waiting.ended;
    expect(JSON.parse(waiting.output())).toMatchObject({
      messages: [{ id: 2, from: { id: null, name: "The backup" }, text: "Done." }],
    });
    expect((await historyOf(server.url)).map(({ text }) => text)).toEqual(["hello", "Done."]);
  });

  it("one stays connected, has what was there, and hears what comes", async () => {
    await run(SEND).ended;
    const staying = run(STAY);
    await expect.poll(staying.output, { timeout: 8000 }).toContain('"text":"hello"');
    expect(staying.output()).not.toContain("Done.");
    await run(INSERT).ended;
    await expect.poll(staying.output, { timeout: 8000 }).toContain('"text":"Done."');
    expect(staying.output().match(/^id: \d+/gm)).toEqual(["id: 0", "id: 1", "id: 2"]);
    expect(staying.code()).toBe(null);
  });

  function run(line: string): Pasted {
    const running = paste(line, server);
    pasted.push(running);
    return running;
  }

  /** Runs a line that waits, and resolves when the server holds its request. */
  async function parked(line: string): Promise<Pasted> {
    const waiting = run(line);
    await expect.poll(() => waiting.account(), { timeout: 8000 }).toContain("> GET /poll");
    await hasReadAll(server.url);
    expect(waiting.code()).toBe(null);
    return waiting;
  }
});
