/** A server process under fuzzing: how long, what must hold after it, and which messages it has acknowledged. */

import { rmSync } from "node:fs";
import Database from "better-sqlite3";
import fc from "fast-check";
import { expect } from "vitest";
import { makeRoom } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { hasReadAll } from "../support/parked.js";
import { openRaw, rawGet } from "../support/raw-socket.js";
import { makeFolder, type ServerProcess, startServer } from "../support/server.js";
import type { Rights } from "./bytes.js";

/** Of each test. In CI a bounded time; `FUZZ_SECONDS=3600` for a night. */
export const FUZZ_MS = Number(process.env.FUZZ_SECONDS ?? 6) * 1000;
/** For the end, and for making a counterexample smaller. */
export const TEST_MS = FUZZ_MS * 2 + 40_000;

const ROUND_RUNS = 4;
/** A busy machine does little in the time: then it takes longer. */
const ROUNDS_MIN = 2;

/** Where nothing is ever said: a send that is still on its way to the disk must not wake those who are counted. */
const COUNTED = "counted";
/** A machine that is busy is slow to see connections go; who is left behind stays for the rest of its 25 s. */
const GONE_MS = 15_000;

/** More than wait at once, few enough to be counted one by one. */
const PARKED_MAX = 120;

export interface Fuzzed {
  readonly server: ServerProcess;
  /** Ids of messages that some answer has acknowledged. */
  readonly acked: Set<number>;
  /** Marks in texts of sends whose answer nobody has seen whole: each may be one row, or none. */
  readonly cut: Set<string>;
  /** Somebody who is signed in, now and then another one: what is generated may sign out. */
  rights(): Promise<Rights>;
  /** What holds after all that: see `expectWhole`. */
  finish(): Promise<void>;
}

export async function startFuzzed(): Promise<Fuzzed> {
  const folder = makeFolder();
  // However slow the machine is: who finds no place must have found it taken.
  const server = await startServer({
    folder,
    env: { LIMIT_PARKED: String(PARKED_MAX), LIMIT_TURN_WAIT_MS: "0" },
  });
  // Where nothing is said, but by what is generated: polls there are parked.
  await makeRoom(server.url, "Maker", "annex", "Annex");
  await makeRoom(server.url, "Counter", COUNTED, "Counted");
  let runs = 0;
  let known: Rights | null = null;
  const fuzzed: Fuzzed = {
    server,
    acked: new Set(),
    cut: new Set(),
    async rights() {
      if (runs++ % 8 === 0 || !known) known = await signIn(server.url, `Member ${runs}`);
      return known;
    },
    async finish() {
      try {
        await expectWhole(fuzzed);
      } finally {
        await server.stop("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
  return fuzzed;
}

/**
 * Runs until the time is over, some rounds at least; a failure prints the seed and the path, which `FUZZ_SEED` and
 * `FUZZ_PATH` repeat.
 */
export async function fuzz<T>(
  { server }: Fuzzed,
  runs: fc.Arbitrary<T>,
  run: (given: T) => Promise<void>,
): Promise<number> {
  const { FUZZ_SEED, FUZZ_PATH } = process.env;
  const seed = Number(FUZZ_SEED ?? Date.now() % 1_000_000_000);
  const property = fc.asyncProperty(runs, async (given) => {
    await run(given);
    expectAlive(server);
  });
  const untilMs = performance.now() + FUZZ_MS;
  let rounds = 0;
  for (; rounds < ROUNDS_MIN || performance.now() < untilMs; rounds++) {
    await fc.assert(property, {
      seed: seed + rounds,
      numRuns: ROUND_RUNS,
      // Of making a counterexample smaller, too.
      interruptAfterTimeLimit: FUZZ_MS + 20_000,
      ...(FUZZ_PATH && { path: FUZZ_PATH }),
    });
    if (FUZZ_PATH) break;
  }
  return rounds * ROUND_RUNS;
}

export function expectAlive({ child, output }: ServerProcess): void {
  expect([child.exitCode, child.signalCode], output().slice(-2000)).toEqual([null, null]);
}

/** It lives and has logged no error; every acknowledged message is a row, and no other is; nobody is left waiting. */
async function expectWhole({ server, acked, cut }: Fuzzed): Promise<void> {
  expectAlive(server);
  await hasReadAll(server.url);
  await expectNobodyParked(server);
  await server.stop();
  const lines = server
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const said = lines.map((line) => JSON.parse(line) as { level: number; parked?: number });
  expect(said.filter(({ level }) => level >= 50)).toEqual([]);
  // The gauge, said by the server itself when it was told to stop.
  expect(said.find(({ parked }) => parked !== undefined)?.parked).toBe(0);
  expect(await server.exited).toBe(0);
  const db = new Database(server.database, { readonly: true });
  const rows = db.prepare("SELECT id, text FROM messages").all() as { id: number; text: string }[];
  db.close();
  const there = new Set(rows.map(({ id }) => id));
  expect(
    [...acked].filter((id) => !there.has(id)),
    "acknowledged, but no row",
  ).toEqual([]);
  const marks = rows.flatMap(({ text }) => /cut-\w+-/.exec(text)?.[0] ?? []);
  expect(
    marks.filter((mark, at) => marks.indexOf(mark) !== at),
    "sent once, but two rows",
  ).toEqual([]);
  const isCut = (text: string) => [...text.matchAll(/cut-\w+-/g)].some(([mark]) => cut.has(mark));
  const strays = rows.filter(({ id, text }) => !acked.has(id) && !isCut(text));
  expect(strays, "a row, but not acknowledged").toEqual([]);
}

/**
 * Exactly as many as may can wait: each that had been left behind would take a place. Who went just before may be on the
 * way out still, so it is tried again; who is left behind stays.
 */
async function expectNobodyParked(server: ServerProcess): Promise<void> {
  const untilMs = performance.now() + GONE_MS;
  for (let refused = await refusedOf(server); refused !== 0; refused = await refusedOf(server))
    expect(performance.now(), `${refused} are left waiting`).toBeLessThan(untilMs);
}

/** Parks as many as may, and how many of them are refused; one more must be. */
async function refusedOf({ url, port }: ServerProcess): Promise<number> {
  const { next } = pollBody(await call(`${url}/poll?since=now&wait=0&room=${COUNTED}`));
  const query = `since=${next}&wait=45&room=${COUNTED}`;
  const sockets = await Promise.all(Array.from({ length: PARKED_MAX }, () => openRaw(port)));
  for (const socket of sockets) socket.write(rawGet(`/poll?${query}`));
  await hasReadAll(url);
  const { retry } = pollBody(await call(`${url}/poll?${query}`));
  expect(retry, "one more than may was not refused").toBeGreaterThan(0);
  const refused = sockets.filter((socket) => socket.received() !== "").length;
  for (const socket of sockets) socket.reset();
  await Promise.all(sockets.map(({ gone }) => gone));
  await hasReadAll(url);
  return refused;
}
