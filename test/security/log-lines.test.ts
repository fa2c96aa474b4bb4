/** What a request says makes no line of its own in the server's log, and nothing secret or private is in any line. */

import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { cookieIn } from "../support/member.js";
import { openRaw } from "../support/raw-socket.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { tools } from "../support/tools.js";
import { until } from "../support/until.js";

/** In everything that is said below, so that a line which repeats any of it is seen. */
const MARK = "zq7mark";
const ESCAPES = `\u001b[31m${MARK}\u001b]0;${MARK}\u0007\u009b2J`;
const FORGED = `\r\n{"level":30,"msg":"${MARK} listens on http://evil.example"}\r\n`;

/** Says hostile things in every place that takes some; the secrets that came of it. */
async function sayHostile(url: string, breakStore: () => void): Promise<readonly string[]> {
  const { port } = new URL(url);
  const raw = async (head: string) => {
    const socket = await openRaw(Number(port));
    socket.write(`${head}\r\nHost: chat\r\nConnection: close\r\n\r\n`);
    await socket.gone;
  };
  await raw(
    `GET /${MARK}%0d%0a${MARK}%1b[31m HTTP/1.1\r\nUser-Agent: ${MARK}\u009b31m\r\nReferer: http://${MARK}/`,
  );
  await raw(`GET /rooms/%E0%A4%A${MARK} HTTP/1.1`);
  await raw(`${MARK} / HTTP/1.1`);
  await raw(
    `GET /poll?since=${MARK} HTTP/1.1\r\nCookie: parkbench.sid=${MARK}\r\nX-Forwarded-For: ${MARK}\u001b[2J`,
  );
  const signedIn = await call(`${url}/session`, { form: { name: `${MARK} Ana` } });
  const cookie = cookieIn(signedIn.headers["set-cookie"]);
  const { token } = JSON.parse(signedIn.text) as { token: string };
  const headers = { cookie, "user-agent": MARK, "x-request-id": MARK, accept: "text/html" };
  const form = { token, text: `${MARK}${FORGED}${ESCAPES}`, nonce: `${MARK}-1`, room: "lobby" };
  for (const name of [FORGED, ESCAPES]) await call(`${url}/session`, { form: { name } });
  expect((await call(`${url}/send`, { form: { ...form, page: "1" }, headers })).status).toBe(303);
  // From here on the server is to blame for what fails, and says so.
  breakStore();
  for (const path of ["/send", "/rooms", "/session", "/page"])
    await call(url + path, {
      form: { ...form, nonce: `${MARK}-2`, name: `${MARK}-x`, title: MARK },
      headers,
    });
  for (const path of ["/rooms/lobby", `/poll?since=0&client=${MARK}`, "/history", "/"])
    await call(url + path, { headers });
  return [cookie, decodeURIComponent(cookie).slice(14, 50), token, MARK];
}

function breakTables(database: string): () => void {
  return () => {
    const db = new Database(database);
    db.exec("ALTER TABLE messages RENAME TO elsewhere; ALTER TABLE users RENAME TO nobody");
    db.close();
  };
}

describe("as lines of JSON", () => {
  let server: ServerProcess;
  let secrets: readonly string[] = [];

  beforeAll(async () => {
    server = await startServer({ env: { LOG_LEVEL: "debug" } });
    secrets = await sayHostile(server.url, breakTables(server.database));
  });
  afterAll(() => server?.stop("SIGKILL"));

  it("each line is one, in the server's own words, and what went wrong is among them", () => {
    const lines = server.output().trimEnd().split("\n");
    const parsed = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(parsed.filter(({ level }) => level >= 50).length).toBeGreaterThan(3);
    expect(new Set(parsed.map(({ msg }) => msg.replace(/ on http.*/, "")))).toEqual(
      new Set(["Parkbench listens", "a request failed", "a name could not be held"]),
    );
  });

  it("none holds a text, a name, a cookie or a token, nor a control character", () => {
    for (const secret of secrets) expect(server.output()).not.toContain(secret);
    expect(controlsIn(server.output())).toEqual([]);
  });
});

describe.skipIf(!tools.script)("on a terminal", () => {
  let server: ServerProcess;

  beforeAll(async () => {
    const program = fileURLToPath(new URL("../../dist/server.js", import.meta.url));
    const command = `exec ${process.execPath} ${program}`;
    // Its output is what is written to the terminal, byte for byte: on a screen no escape sequence could be seen.
    server = await startServer({
      env: { LOG_LEVEL: "debug" },
      command: [tools.script ?? "", "-qfc", command, "/dev/null"],
    });
  });
  afterAll(() => server?.stop());

  it("neither is there a line, a colour or a title of anybody else's", async () => {
    const secrets = await sayHostile(server.url, breakTables(server.database));
    await until(() => server.output().includes("a request failed"), "the failures in the log");
    // It is the form for people, and not the lines of JSON.
    expect(server.output()).not.toContain('"level"');
    for (const secret of secrets) expect(server.output()).not.toContain(secret);
    const [first = "", ...behindEscapes] = server.output().split("\u001b");
    expect(behindEscapes.length).toBeGreaterThan(3);
    // Colours, which are pino-pretty's own, and nothing else.
    for (const part of behindEscapes) expect(part).toMatch(/^\[[\d;]*m/);
    expect(controlsIn([first, ...behindEscapes].join(""))).toEqual([]);
  });
});

/** But for the ends of lines. */
function controlsIn(text: string): string[] {
  return text.match(/(?![\r\n])\p{Cc}/gu) ?? [];
}
