/** A torture run: writers, readers and faulty hops around processes on one database, and what came of it. */
import { setTimeout as pause } from "node:timers/promises";
import { Gate } from "../support/gate.js";
import { makeRoom } from "../support/guest.js";
import { seeded } from "../support/random.js";
import { conduct, conductDatabase } from "./conductor.js";
import type { TortureDatabase } from "./database.js";
import { sqliteFile } from "./database-sqlite.js";
import { writeForeign } from "./foreign.js";
import type { Acts, History, HopFault, Torture, View } from "./history.js";
import { undone } from "./judge-counts.js";
import { endOfLog, viewOf } from "./log-reads.js";
import { LookUps } from "./look-up.js";
import { Members, visit } from "./members.js";
import { probe } from "./probe.js";
import { TortureProcess } from "./process.js";
import { startReader, type TortureReader } from "./reader.js";
import { startWriter, type Writing } from "./writer.js";

export interface RunOptions {
  /** Of its own, and empty. */
  readonly folder: string;
  readonly seed: number;
  readonly seconds: number;
  /** How long it may go on until each act has been done once. Default: no longer. */
  readonly secondsMax?: number;
  readonly processes: number;
  /** Of each process. Default: 1, none beside the process itself. */
  readonly workers?: number;
  readonly what?: Torture;
  /** Default: a file in the folder. The caller's to close. */
  readonly database?: TortureDatabase;
  /** In place of `node dist/server.js`. */
  readonly command?: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

const WRITERS = 10;
const ROOMS = ["lobby", "annex"];
const QUIET = "quiet";
/** Rare enough for most to come through, and often enough for a few each second. */
const HOP_ONE_IN = 25;
const HOP_FAULTS: readonly HopFault[] = ["refused", "lost", "dropped", "halved", "delayed", "silent"];

export async function run(options: RunOptions): Promise<History> {
  const { folder, seed, seconds, what = "all", workers = 1, database = sqliteFile(options.folder) } = options;
  let actors = 0;
  const random = () => seeded(seed * 1000 + actors++);
  const databaseActs = database.acts.filter((act) => what === "all" || (what === "kill" && act === "crash"));
  const acts: Acts = {
    ...{ kill: 0, killAll: 0, killStarting: 0, stop: 0, freeze: 0, cut: 0 },
    ...Object.fromEntries(databaseActs.map((act) => [act, 0])),
    ...(workers > 1 && (what === "all" ? { killWorker: 0, roll: 0 } : { killWorker: 0 })),
  };
  const troubles: string[] = [];
  const onTrouble = (text: string) => void troubles.push(text);
  const processes: TortureProcess[] = [];
  const readers: TortureReader[] = [];
  const stop = new AbortController();
  try {
    const { command, env } = options;
    const hopOneIn = what === "all" ? HOP_ONE_IN : Number.MAX_SAFE_INTEGER;
    const starts = Array.from({ length: options.processes }, (_, n) =>
      TortureProcess.start({
        ...{ name: `process ${n + 1}`, folder, random: random(), command, env, hopOneIn, acts, onTrouble },
        ...{ database, workers },
      }).then((one) => {
        processes[n] = one;
      }),
    );
    await Promise.all(starts);
    const [first] = processes as [TortureProcess];
    await makeRoom(first.url, "Keeper", "annex", "Annex");
    await makeRoom(first.url, "Other keeper", QUIET, "Quiet");

    const members = new Members(processes);
    const lookUps = new LookUps(random(), onTrouble);
    const gate = new Gate();
    const writing: Writing = {
      ...{ processes, members, rooms: ROOMS, gate, lookUps, onTrouble },
      ...{ sent: [], acks: [], unanswered: 0, hungUp: 0, framed: 0, underWay: new Set() },
    };
    const { sent, acks } = writing;
    const writers = Array.from({ length: WRITERS }, (_, n) =>
      startWriter(writing, {
        name: `Writer ${n}`,
        signsIn: n % 2 === 0,
        keepsConnection: n % 3 !== 0,
        random: random(),
        stop: stop.signal,
      }).catch((error: unknown) => onTrouble(`writer ${n} gave up: ${String(error)}`)),
    );
    const { underWay } = writing;
    const foreign = writeForeign({
      ...{ database, processes, rooms: ROOMS, gate, random: random(), sent, acks, underWay, onTrouble },
      stop: stop.signal,
    });
    const visiting = visit(members, random(), gate, stop.signal);
    const reader = (reader: string, more: object) =>
      readers.push(
        startReader({ reader, rooms: ROOMS, processes, database, random: random(), onTrouble, ...more }),
      );
    reader("bare", { rooms: ["lobby"], hasBareCursor: true });
    reader("annex", { rooms: ["annex"] });
    reader("small", { limitMax: 5 });
    reader("forgetful", { losesEvery: 6 });

    const probes: History["probes"][number][] = [];
    const probing = { processes, database, room: QUIET, random: random(), sent, acks, onTrouble };
    const listen = async () => {
      gate.close();
      await Promise.all(writing.underWay);
      const found = await database
        .undisturbed(() => probe(probing))
        .catch((error: unknown) => {
          onTrouble(`a quiet room could not be listened to: ${String(error)}`);
          return [];
        });
      probes.push(...found);
      gate.open();
    };
    gate.open();
    const startedAt = performance.now();
    const isOver = () => {
      const s = undone(acts, what).length > 0 ? (options.secondsMax ?? seconds) : seconds;
      return performance.now() - startedAt >= s * 1000;
    };
    const latecomer = pause((seconds * 1000) / 3).then(async () => {
      reader("late", { cursor: await endOfLog(processes) });
    });
    latecomer.catch(() => {});
    const sentMore = (more: number) => gate.passed(more);
    const striking = conductDatabase({
      ...{ database, onlyActs: databaseActs, random: random(), acts, isOver, onTrouble },
    });
    await conduct({
      ...{ processes, workers, random: random(), acts, what, isOver, sent: sentMore, listen },
      // Undisturbed, nothing takes time that could be spent on listening.
      listenEvery: what === "none" ? 3 : 12,
    });
    await striking;
    for (const { hop } of processes) hop.isCalm = true;
    await latecomer;
    await listen();
    stop.abort();
    await Promise.all([...writers, visiting]);

    const log = await database.rows();
    const heard = await Promise.all(readers.map(({ readUpTo }) => readUpTo(log)));
    const views: View[] = [];
    for (const one of processes) {
      await viewOf(one, [...ROOMS, QUIET]).then(
        (view) => views.push(view),
        (error: unknown) => onTrouble(`${one.name} cannot be read to the end: ${String(error)}`),
      );
    }
    const known = await members.known().catch((error: unknown) => {
      onTrouble(`nobody could be asked for: ${String(error)}`);
      return [];
    });
    for (const one of processes) await one.end();
    const struck = sumOf(processes.map(({ hop }) => hop.struck));
    const { unanswered, hungUp, framed } = writing;
    const { found, pages } = lookUps;
    return {
      ...{
        acts,
        struck,
        what,
        processes: processes.length,
        unanswered,
        hungUp,
        framed,
        foreign: await foreign,
        sent,
        acks,
        heard,
        probes,
      },
      ...{ log: await database.rows(), lookUps: found, views, pages, known, troubles },
    };
  } finally {
    stop.abort();
    for (const { leave } of readers) leave();
    for (const one of processes) one.destroy();
  }
}

function sumOf(all: readonly Readonly<Record<HopFault, number>>[]): Record<HopFault, number> {
  const of = (fault: HopFault) => all.reduce((sum, struck) => sum + struck[fault], 0);
  return Object.fromEntries(HOP_FAULTS.map((fault) => [fault, of(fault)])) as Record<HopFault, number>;
}
