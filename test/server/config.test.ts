/** The environment as configuration: defaults, and a clear text for every mistake. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../src/config.js";
import { LIMITS } from "../../src/core/limits.js";

function mistakesIn(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test("nothing set gives the documented defaults", () => {
  expect(readConfig({})).toEqual({
    port: 3000,
    host: "127.0.0.1",
    databaseUrl: "data/parkbench.db",
    databaseListenUrl: null,
    sessionSecrets: [],
    publicOrigins: [],
    trustProxy: [],
    workers: 1,
    logLevel: "info",
    limits: LIMITS,
    keepDays: 0,
    keepMessages: 0,
    drainS: 0,
    metricsPort: null,
  });
});

test("an empty variable counts as unset", () => {
  const names = ["PORT", "HOST", "DATABASE_URL", "SESSION_SECRET", "PUBLIC_ORIGIN", "TRUST_PROXY", "WORKERS"];
  const empty = Object.fromEntries(
    [...names, "LOG_LEVEL", "LIMIT_PARKED", "KEEP_DAYS"].map((name) => [name, " "]),
  );
  expect(readConfig(empty)).toEqual(readConfig({}));
});

describe("every variable has an effect", () => {
  test.each([
    ["PORT", "8080", { port: 8080 }],
    ["PORT", "0", { port: 0 }],
    ["HOST", "::1", { host: "::1" }],
    ["DATABASE_URL", "/srv/chat.db", { databaseUrl: "/srv/chat.db" }],
    ["DATABASE_URL", "file:data/a.db", { databaseUrl: "file:data/a.db" }],
    ["SESSION_SECRET", "a".repeat(16), { sessionSecrets: ["a".repeat(16)] }],
    [
      "SESSION_SECRET",
      `${"a".repeat(16)}, ${"b".repeat(20)}`,
      { sessionSecrets: ["a".repeat(16), "b".repeat(20)] },
    ],
    ["PUBLIC_ORIGIN", "https://chat.school", { publicOrigins: ["https://chat.school"] }],
    ["PUBLIC_ORIGIN", "http://a:81/,https://B", { publicOrigins: ["http://a:81", "https://b"] }],
    ["TRUST_PROXY", "off", { trustProxy: [] }],
    ["TRUST_PROXY", "2", { trustProxy: 2 }],
    ["TRUST_PROXY", "loopback, 10.0.0.0/8", { trustProxy: ["loopback", "10.0.0.0/8"] }],
    ["LOG_LEVEL", "debug", { logLevel: "debug" }],
    ["LOG_LEVEL", "silent", { logLevel: "silent" }],
    ["LIMIT_PARKED", "0", { limits: { ...LIMITS, parkedMax: 0 } }],
    ["LIMIT_PARKED", "5000", { limits: { ...LIMITS, parkedMax: 5000 } }],
    ["LIMIT_PARKED_PER_ADDRESS", "5", { limits: { ...LIMITS, parkedPerAddressMax: 5 } }],
    ["LIMIT_PARKED_PER_SESSION", "5", { limits: { ...LIMITS, parkedPerSessionMax: 5 } }],
    ["LIMIT_SENDS_PER_SESSION", "5", { limits: { ...LIMITS, sendsPerSessionMax: 5 } }],
    ["LIMIT_SENDS_PER_ADDRESS", "5", { limits: { ...LIMITS, sendsPerAddressMax: 5 } }],
    ["LIMIT_SIGNINS_PER_ADDRESS", "5", { limits: { ...LIMITS, signInsPerAddressMax: 5 } }],
    ["LIMIT_ROOMS_PER_USER", "5", { limits: { ...LIMITS, roomsPerUserMax: 5 } }],
    ["LIMIT_BODY_BYTES", "5", { limits: { ...LIMITS, bodyBytesMax: 5 } }],
    ["LIMIT_HEADERS", "5", { limits: { ...LIMITS, headersMax: 5 } }],
    ["LIMIT_ADDRESS_BYTES", "5", { limits: { ...LIMITS, addressBytesMax: 5 } }],
    ["LIMIT_ANSWER_BYTES", "5", { limits: { ...LIMITS, answerBytesMax: 5 } }],
    ["LIMIT_STREAM_SECONDS", "5", { limits: { ...LIMITS, streamS: 5 } }],
    ["LIMIT_BUFFER_BYTES", "5", { limits: { ...LIMITS, bufferBytesMax: 5 } }],
    ["LIMIT_TURN_WAIT_MS", "5", { limits: { ...LIMITS, turnWaitMsMax: 5 } }],
    ["KEEP_DAYS", "90", { keepDays: 90 }],
    ["KEEP_MESSAGES", "1000", { keepMessages: 1000 }],
    ["DRAIN_SECONDS", "8", { drainS: 8 }],
    ["METRICS_PORT", "9100", { metricsPort: 9100 }],
    ["WORKERS", "1", {}],
    ["WORKERS", "2", { workers: 2 }],
    ["WORKERS", "auto", { workers: availableParallelism() }],
  ])("%s=%s", (name, value, expected) => {
    expect(readConfig({ [name]: value })).toEqual({ ...readConfig({}), ...expected });
  });
});

describe("a value that cannot be is refused, and the text names the variable", () => {
  test.each([
    ["PORT", "abc"],
    ["PORT", "-1"],
    ["PORT", "3000.5"],
    ["PORT", "1e3"],
    ["PORT", "65536"],
    ["DATABASE_URL", "mysql://root@db/chat"],
    ["DATABASE_URL", "postgres:chat"],
    ["SESSION_SECRET", "short"],
    ["SESSION_SECRET", `${"a".repeat(16)},short`],
    ["PUBLIC_ORIGIN", "chat.school"],
    ["PUBLIC_ORIGIN", "ftp://chat.school"],
    ["PUBLIC_ORIGIN", "https://chat.school/rooms"],
    ["PUBLIC_ORIGIN", "https://ana:pw@chat.school"],
    ["PUBLIC_ORIGIN", "https://a,nonsense"],
    ["LIMIT_STREAM_SECONDS", "0"],
    ["TRUST_PROXY", "yes"],
    ["TRUST_PROXY", "10.0.0.0/99"],
    ["LOG_LEVEL", "loud"],
    ["WORKERS", "0"],
    ["WORKERS", "many"],
    ["LIMIT_PARKED", "many"],
    ["LIMIT_PARKED", "-5"],
    ["LIMIT_SENDS_PER_SESSION", "1.5"],
    ["LIMIT_STREAM_SECONDS", "a minute"],
    ["KEEP_DAYS", "-1"],
    ["KEEP_MESSAGES", "many"],
    ["METRICS_PORT", "65536"],
    ["DATABASE_LISTEN_URL", "postgres://db/chat"],
  ])("%s=%s", (name, value) => {
    const mistakes = mistakesIn({ [name]: value });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(name);
  });

  test("all mistakes are told at once", () => {
    const mistakes = mistakesIn({ PORT: "abc", LOG_LEVEL: "loud", WORKERS: "0" });
    expect(mistakes.map((text) => text.split(" ")[0])).toEqual(["PORT", "WORKERS", "LOG_LEVEL"]);
  });

  test("no secret and no password is repeated in a text that lands in a log", () => {
    const text = mistakesIn({
      SESSION_SECRET: "hunter2",
      DATABASE_URL: "mysql://root:hunter2@db/chat",
    }).join();
    expect(text).toContain("SESSION_SECRET");
    expect(text).toContain("DATABASE_URL");
    expect(text).not.toContain("hunter2");
  });
});

describe(".env.example", () => {
  const example = () => readFileSync(new URL("../../.env.example", import.meta.url), "utf8");
  const listed = () => [...example().matchAll(/^#?\s*([A-Z][A-Z_]+)=/gm)].map(([, name]) => name);

  // The design's section on configuration, so that a variable that is dropped from the code shows.
  const DESIGNED =
    "PORT HOST DATABASE_URL DATABASE_LISTEN_URL SESSION_SECRET PUBLIC_ORIGIN TRUST_PROXY WORKERS LOG_LEVEL METRICS_PORT KEEP_DAYS KEEP_MESSAGES " +
    "LIMIT_PARKED LIMIT_PARKED_PER_ADDRESS LIMIT_PARKED_PER_SESSION LIMIT_SENDS_PER_SESSION LIMIT_SENDS_PER_ADDRESS LIMIT_SIGNINS_PER_ADDRESS LIMIT_ROOMS_PER_USER";
  /** Ours beside it, for what the design limits without giving it a name. */
  const ADDED =
    "LIMIT_BODY_BYTES LIMIT_HEADERS LIMIT_ADDRESS_BYTES LIMIT_ANSWER_BYTES LIMIT_STREAM_SECONDS LIMIT_BUFFER_BYTES LIMIT_TURN_WAIT_MS DRAIN_SECONDS";

  test("lists every variable of the design, once", () => {
    expect(listed().toSorted()).toEqual([...DESIGNED.split(" "), ...ADDED.split(" ")].toSorted());
  });

  test("lists every variable that the program reads", () => {
    const asked = new Set<string>();
    readConfig(
      new Proxy<Record<string, string | undefined>>({}, { get: (_, name) => void asked.add(String(name)) }),
    );
    expect(asked.size).toBeGreaterThan(10);
    expect([...asked].filter((name) => !listed().includes(name))).toEqual([]);
  });

  test("starts as it stands: every line that is not a comment is taken", () => {
    const lines = example()
      .split("\n")
      .filter((line) => /^[A-Z]/.test(line));
    const env = Object.fromEntries(
      lines.map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
    );
    expect(mistakesIn(env)).toEqual([]);
  });
});
