/** The rules of the layout that types cannot express: which part may import which, and what a file looks like. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as surface from "../src/index.js";
import { areaOf, importsOf, readSources, type Source } from "./support/sources.js";

const SOURCES = readSources();

/** Folders, and the files beside them, with what they may import besides themselves. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  store: ["core"],
  identity: ["core"],
  http: ["core", "identity"],
  client: [],
  // A program of somebody else: it knows the server by the wire format alone.
  "node-client": [],
  "options.ts": ["core", "identity"],
  "host-send.ts": ["core", "http"],
  "open-chat.ts": ["core", "host-send.ts", "http", "identity", "machine.ts", "options.ts", "store"],
  "chat.ts": ["core", "host-send.ts", "http", "open-chat.ts", "options.ts", "store"],
  "index.ts": ["chat.ts", "core", "host-send.ts", "identity", "options.ts"],
  admin: ["command.ts", "core", "http"],
  "admin.ts": ["admin", "command.ts", "config.ts", "core", "store"],
  "config.ts": ["core"],
  "secret.ts": ["store"],
  "session-store.ts": ["core"],
  "metrics.ts": ["core"],
  "metrics-port.ts": [],
  "metrics-of-workers.ts": [],
  "drain.ts": ["core", "open-chat.ts"],
  "stop.ts": ["drain.ts", "open-chat.ts"],
  "command.ts": ["config.ts", "core"],
  "backup.ts": ["command.ts", "store"],
  "restore.ts": ["command.ts", "store"],
  "new-epoch.ts": ["command.ts", "config.ts", "store"],
  "move.ts": ["command.ts", "store"],
  "server.ts": [
    "config.ts",
    "core",
    "http",
    "metrics.ts",
    "metrics-port.ts",
    "open-chat.ts",
    "options.ts",
    "primary.ts",
    "primary-parked.ts",
    "primary-rates.ts",
    "secret.ts",
    "session-store.ts",
    "stop.ts",
    "store",
    "worker.ts",
    "workers.ts",
  ],
  // Of several workers: the program that starts them, what it knows of them, and the ear of each.
  "primary.ts": [
    "config.ts",
    "http",
    "metrics-of-workers.ts",
    "metrics-port.ts",
    "primary-parked.ts",
    "primary-rates.ts",
    "workers.ts",
  ],
  "workers.ts": [],
  "worker.ts": ["metrics.ts"],
  "machine.ts": ["core", "http"],
  "primary-rates.ts": ["core"],
  "primary-parked.ts": ["http", "primary-rates.ts"],
};

/** Who may import a dependency; types of it anybody may. More than one owner needs a reason. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["store/sqlite.ts"],
  cookie: ["identity/light-reader.ts"],
  "cookie-signature": ["identity/light-reader.ts"],
  eta: ["http/views.ts"],
  // The routes, what waits in front of them until the log is open, and the program that mounts them.
  express: ["chat.ts", "http/router.ts", "server.ts"],
  "express-session": ["session-store.ts"],
  "ipaddr.js": ["http/address.ts"],
  pg: ["store/postgres.ts"],
  pino: ["server.ts"],
  "pino-pretty": ["server.ts"],
  // What counts, and what adds up the counts of several workers.
  "prom-client": ["metrics.ts", "metrics-of-workers.ts"],
  // TRUST_PROXY is checked at the start by what will read it.
  "proxy-addr": ["config.ts", "http/address.ts"],
  // In memory, and in a database: http and store never meet.
  "rate-limiter-flexible": ["http/rates.ts", "store/rates-postgres.ts"],
  "raw-body": ["http/request.ts"],
  // The server's half and the client's.
  ws: ["http/websocket.ts", "node-client/websocket.ts"],
};

const LINES_MAX = 200;
/** Why a file may be longer, by its path. */
const EXEMPT: Readonly<Record<string, string>> = {};

function wrongArrows(sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const area = areaOf(source.path);
    const allowed = ARROWS[area];
    if (!allowed) return [`${source.path} is in no part that the layout knows`];
    return importsOf(source)
      .filter(({ of, isOwn }) => isOwn && areaOf(of) !== area && !allowed.includes(areaOf(of)))
      .map(({ of }) => `${source.path} imports ${of}`);
  });
}

function wrongOwners(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    importsOf(source)
      .filter(({ of, isOwn, isType }) => !isOwn && !isType && !of.startsWith("node:"))
      .filter(({ of }) => !OWNERS[of]?.includes(source.path))
      .map(({ of }) => `${source.path} imports ${of}`),
  );
}

function found(pattern: RegExp): string[] {
  return SOURCES.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}

describe("imports", () => {
  it("point one way: core knows nobody, store and http never meet", () => {
    expect(wrongArrows(SOURCES)).toEqual([]);
  });

  it("core imports no package and nothing of Node either", () => {
    const core = SOURCES.filter(({ path }) => areaOf(path) === "core");
    expect(core.length).toBeGreaterThan(10);
    expect(core.flatMap(importsOf).filter(({ isOwn }) => !isOwn)).toEqual([]);
  });

  it("of a dependency are made by its owner alone", () => {
    expect(wrongOwners(SOURCES)).toEqual([]);
  });

  it("use every dependency of package.json, and no other", () => {
    const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    const { dependencies } = JSON.parse(text) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies).sort()).toEqual(Object.keys(OWNERS).sort());
    const used = new Set(SOURCES.flatMap(importsOf).map(({ of }) => of));
    expect(Object.keys(OWNERS).filter((name) => !used.has(name))).toEqual([]);
  });

  it.each([
    ["core/tail.ts", 'import { openStore } from "../store/open.js";'],
    ["core/tail.ts", 'import type { Asker } from "../identity/identity.js";'],
    ["store/open.ts", 'import {\n  problemOf,\n} from "../http/errors.js";'],
    ["http/poll.ts", 'export * from "../store/open.js";'],
    ["http/poll.ts", 'import "../store/open.js";'],
    ["http/poll.ts", 'const store = await import("../store/open.js");'],
    ["identity/names.ts", 'import { silent } from "../options.js";'],
    ["chat.ts", 'import { readConfig } from "./config.js";'],
    ["new/part.ts", ""],
  ])("are seen in every form: %s with %j", (path, text) => {
    expect(wrongArrows([{ path, text }])).toHaveLength(1);
  });

  it.each([
    'import Database from "better-sqlite3";',
    'import Database, { type Options } from "better-sqlite3";',
    'import { pino } from "pino/file";',
    'const got = require("got");',
  ])("of dependencies are seen in every form: %s", (text) => {
    expect(wrongOwners([{ path: "http/poll.ts", text }])).toHaveLength(1);
    const own = 'import type { Database } from "better-sqlite3";\nimport { Tail } from "../core/tail.js";';
    expect(wrongOwners([{ path: "http/poll.ts", text: own }])).toEqual([]);
  });
});

describe("a file", () => {
  const checked = SOURCES.filter(({ path }) => !(path in EXEMPT));

  it(`has at most ${LINES_MAX} lines`, () => {
    const long = checked
      .map(({ path, text }) => [path, text.trimEnd().split("\n").length] as const)
      .filter(([, lines]) => lines > LINES_MAX);
    expect(long).toEqual([]);
  });

  it("says its responsibility in its first line", () => {
    const silent = checked.filter(({ text }) => !/^\/\*\* \S.{10,130}\. \*\/\n/.test(text));
    expect(silent.map(({ path, text }) => [path, text.split("\n")[0]])).toEqual([]);
  });

  it("is exempt only while it is there and needs it", () => {
    for (const path of Object.keys(EXEMPT)) {
      const exempt = SOURCES.find((source) => source.path === path);
      expect(exempt?.text.split("\n").length, path).toBeGreaterThan(LINES_MAX);
    }
  });
});

describe("the library", () => {
  it("reads no environment: the program hands it to config.ts", () => {
    expect(found(/\bprocess\s*\.\s*env\b|\bprocess\s*\[|\benv\b.*\bfrom "node:process"/)).toEqual([
      "admin.ts",
      "command.ts",
      "new-epoch.ts",
      "server.ts",
    ]);
  });

  it("prints nothing", () => {
    expect(found(/\bconsole\s*\./)).toEqual([]);
    expect(found(/\bprocess\s*\.\s*std(out|err|in)\b/)).toEqual(["command.ts", "server.ts"]);
  });

  it("ends no process: the program does", () => {
    expect(found(/\bprocess\s*\.\s*(exit|kill|on)\b/)).toEqual(["primary.ts", "server.ts", "stop.ts"]);
  });

  it("shows these names and no other", () => {
    expect(Object.keys(surface).sort()).toEqual(["ParkbenchError", "createChat"]);
    const text = SOURCES.find(({ path }) => path === "index.ts")?.text ?? "";
    const names = [...text.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, type = "", list = ""]) =>
      list.split(",").map((name) => type + name.trim()),
    );
    expect(names.sort()).toMatchInlineSnapshot(`
      [
        "ParkbenchError",
        "createChat",
        "type Author",
        "type Batch",
        "type Chat",
        "type ChatOptions",
        "type ErrorCode",
        "type HostDraft",
        "type Identity",
        "type Logger",
        "type Message",
        "type Refusal",
        "type Room",
        "type Stats",
        "type Transport",
        "type User",
        "type UserId",
      ]
    `);
  });
});
