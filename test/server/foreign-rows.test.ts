/** Rows that another program inserts: they wake parked polls in time, and whatever they hold harms no reader. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { sqlite3, withLibrary, withSqlite3 } from "../support/inserter.js";
import { test } from "../support/own-server.js";
import { endOf, hasReadAll, type ParkedPoll, parkPolls } from "../support/parked.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";

const ROWS = 20;
/** The promise is 50 ms; the median is asserted, so that one pause of a busy machine does not decide. */
const WAKE_MS_MAX = 50;

describe.each([
  ["Debian's sqlite3", withSqlite3, !tools.sqlite3],
  ["the library in another process", withLibrary, false],
] as const)("a row inserted with %s", (name, open, isMissing) => {
  test.skipIf(isMissing)("wakes a parked poll within 50 ms of its commit", async ({ start, agent }) => {
    const server = await start();
    const program = await open(server.database);
    const lags: number[] = [];
    for (let n = 0; n < ROWS; n++) {
      const [poll] = await parkPolls(server.url, 1, "wait=45", { agent });
      const committedAt = await program.insert(`row ${n}`);
      const [message] = poll ? pollBody(await poll.answer).messages : [];
      // Only room, author_name and text were given.
      expect(message).toMatchObject({
        room: "lobby",
        kind: "message",
        from: { id: null, name: "Cron" },
        text: `row ${n}`,
      });
      expect(Math.abs(Date.parse(message?.at ?? "") - committedAt)).toBeLessThan(1000);
      lags.push(((await poll?.answeredAt) ?? Number.NaN) - committedAt);
    }
    await program.close();
    const sorted = lags.toSorted((a, b) => a - b);
    const middle = sorted[ROWS / 2] ?? Number.NaN;
    console.log(
      `${name}: from the commit to the wake, median ${middle.toFixed(1)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms`,
    );
    expect(middle).toBeLessThanOrEqual(WAKE_MS_MAX);
  });
});

describe.skipIf(!tools.sqlite3)("with Debian's sqlite3", () => {
  test("negative twin: a row that was rolled back wakes nobody and is never seen", async ({ start }) => {
    const server = await start();
    const [poll] = await parkPolls(server.url, 1);
    const row = (text: string) =>
      `INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Cron', '${text}');`;
    await sqlite3(server.database, `BEGIN; ${row("taken back")} ROLLBACK;`);
    await sqlite3(server.database, row("kept"));
    expect(poll && pollBody(await poll.answer).messages.map(({ text }) => text)).toEqual(["kept"]);
  });
});

/** Each on top of all before it, as a table keeps them. */
describe.skipIf(!tools.sqlite3)("after a row that no client of ours would write", () => {
  let server: ServerProcess;
  let bystander: ParkedPoll | undefined;

  beforeAll(async () => {
    server = await startServer();
    await makeRoom(server.url, "Ana", "annex", "Annex");
    [bystander] = await parkPolls(server.url, 1, "room=annex&wait=45");
  });

  afterAll(() => server.stop("SIGKILL"));

  test.for([
    ["a NUL in its text", "text", "'a' || char(0) || 'b'"],
    ["bad UTF-8 in its text", "text", "CAST(x'68ff6869' AS TEXT)"],
    ["half a surrogate pair", "text", "CAST(x'eda080' AS TEXT)"],
    ["1 MB of text", "text", "hex(zeroblob(524288))"],
    ["an empty text", "text", "''"],
    ["markup and line ends", "text", "'</script><b>' || char(13, 10, 8232)"],
    ["bad UTF-8 in its author's name", "author_name", "CAST(x'ff00fe' AS TEXT)"],
    ["a time far ahead", "at", "9223372036854775807"],
    ["a time far back", "at", "-9223372036854775807"],
    ["no time", "at", "NULL"],
    ["a kind that nobody knows", "kind", "'x'' y' || char(10)"],
    ["a nonce of 100 kB", "nonce", "hex(zeroblob(50000))"],
    ["a reference beyond 2^53", "ref", "9223372036854775807"],
    ["a deletion of nothing", "kind, ref", "'delete', 999999"],
    ["data that is no JSON", "data", "'{'"],
    ["data that is an array", "data", "'[1]'"],
    ["data nested 30,000 deep", "data", "replace(hex(zeroblob(15000)), '0', '[')"],
    ["a blob as its author's id", "author_id", "x'00ff'"],
    ["a fraction as its author's id", "author_id", "1e308"],
  ] as const)(
    "with %s: its reader gets it as JSON, and the next row after it",
    async ([, columns, values]) => {
      const since = await endOf(server.url);
      const hear = call(`${server.url}/poll?since=${since}&wait=45`);
      await hasReadAll(server.url);
      const id = await insertRow(server.database, columns, values);
      const body = pollBody(await hear);
      expect(body.messages).toMatchObject([{ id, room: "lobby", at: expect.stringMatching(/^\d{4}-.*Z$/) }]);

      const hearNext = call(`${server.url}/poll?since=${body.next}&wait=45`);
      await hasReadAll(server.url);
      await say(server.url, "Bob", "next");
      expect(pollBody(await hearNext).messages).toMatchObject([{ text: "next" }]);
      expect((await call(`${server.url}/rooms/lobby`)).status).toBe(200);
    },
  );

  test("in a room that does not exist: nobody is woken, and it stays unknown", async () => {
    const [lobby] = await parkPolls(server.url, 1);
    await insertRow(server.database, "room", "'nowhere'");
    await say(server.url, "Bob", "into the lobby");
    expect(lobby && pollBody(await lobby.answer).messages).toMatchObject([{ text: "into the lobby" }]);
    expect((await call(`${server.url}/poll?room=nowhere&since=0`)).status).toBe(404);
  });

  test("a reader in another room has waited through all of them, and gets its row", async () => {
    await say(server.url, "Bob", "into the annex", "annex");
    expect(bystander && pollBody(await bystander.answer).messages).toMatchObject([
      { text: "into the annex" },
    ]);
    expect(server.output()).not.toMatch(/"level":[456]0/);
  });
});

/** Inserts a row that is harmless but for the given columns; its id. */
async function insertRow(database: string, columns: string, values: string): Promise<number> {
  const named = columns.split(", ");
  const harmless = { room: "'lobby'", author_name: "'Cron'", text: "'text'" };
  const others = Object.entries(harmless).filter(([column]) => !named.includes(column));
  const into = [columns, ...others.map(([column]) => column)].join();
  const what = [values, ...others.map(([, value]) => value)].join();
  const sql = `INSERT INTO messages (${into}) VALUES (${what}); SELECT last_insert_rowid();`;
  return Number(await sqlite3(database, sql));
}
