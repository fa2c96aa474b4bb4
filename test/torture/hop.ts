/** A faulty TCP hop in front of one server process: what it does to a connection is drawn from a seed. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../support/random.js";
import type { HopFault } from "./history.js";

export interface Hop {
  readonly url: string;
  readonly struck: Readonly<Record<HopFault, number>>;
  /** While true, everything passes. */
  isCalm: boolean;
  /** Resets all connections there are. */
  cut(): void;
  close(): void;
}

export interface HopOptions {
  readonly serverPort: number;
  readonly random: Random;
  /** One request in so many is struck, and one part of an answer in ten times as many. */
  readonly oneIn: number;
}

/** Of a request. `refused` strikes whole connections. */
const STRIKES: readonly HopFault[] = ["lost", "dropped", "dropped", "halved", "delayed", "silent"];
/** Of a part of an answer, in streams above all. */
const ANSWER_STRIKES: readonly HopFault[] = ["halved", "delayed", "silent", "dropped"];

export async function startHop({ serverPort, random, oneIn }: HopOptions): Promise<Hop> {
  const struck = { refused: 0, lost: 0, dropped: 0, halved: 0, delayed: 0, silent: 0 };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    sockets.add(client);
    client.on("error", () => {});
    client.once("close", () => sockets.delete(client));
    if (strikes(oneIn * 2)) {
      struck.refused += 1;
      client.resetAndDestroy();
    } else join(client);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const hop = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    struck,
    isCalm: false,
    cut() {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close() {
      server.close();
      hop.cut();
    },
  };
  return hop;

  function strikes(one: number): boolean {
    return !hop.isCalm && random.oneIn(one);
  }

  function join(client: Socket): void {
    const upstream = connect({ port: serverPort, host: "127.0.0.1", noDelay: true });
    /** What is to become of the next part of an answer. */
    let doom: HopFault | null = null;
    let isSilent = false;
    const up = line(upstream);
    const down = line(client);
    // The server is away, or has gone.
    upstream.on("error", () => client.resetAndDestroy());
    upstream.once("close", () => down.after(() => client.end()));
    client.once("close", () => upstream.destroy());

    client.on("data", (part: Buffer) => {
      if (isSilent) return;
      const fault = strikes(oneIn) ? pick(STRIKES) : null;
      if (fault === "lost") return reset(fault);
      if (fault === "silent") return fallSilent();
      if (fault === "delayed") up.delay(delayMs());
      else if (fault) doom = fault;
      up.write(part);
    });

    upstream.on("data", (part: Buffer) => {
      if (isSilent) return;
      const fault = doom ?? (strikes(oneIn * 10) ? pick(ANSWER_STRIKES) : null);
      doom = null;
      if (fault === "dropped") return reset(fault);
      if (fault === "silent") return fallSilent();
      if (fault === null) return down.write(part);
      const at = random.whole(0, part.length - 1);
      down.write(part.subarray(0, at));
      if (fault === "halved") {
        struck.halved += 1;
        isSilent = true;
        down.after(() => client.resetAndDestroy());
        return;
      }
      down.delay(delayMs());
      down.write(part.subarray(at));
    });

    function delayMs(): number {
      struck.delayed += 1;
      return random.whole(1, 150);
    }

    function reset(fault: "lost" | "dropped"): void {
      struck[fault] += 1;
      client.resetAndDestroy();
    }

    /** A black hole: both ends believe in the connection, and nothing comes through. */
    function fallSilent(): void {
      struck.silent += 1;
      isSilent = true;
      const timer = setTimeout(() => client.resetAndDestroy(), random.whole(300, 2000));
      client.once("close", () => clearTimeout(timer));
    }
  }

  function pick(faults: readonly HopFault[]): HopFault {
    return faults[random.whole(0, faults.length - 1)] ?? "delayed";
  }
}

/** Writes to a socket in order, however long single parts are held up. */
function line(socket: Socket) {
  let last: Promise<unknown> | null = null;
  const after = (job: () => void) => {
    if (last === null) return job();
    const mine = last.then(job).then(() => {
      if (last === mine) last = null;
    });
    last = mine;
  };
  return {
    after,
    write: (part: Buffer) =>
      after(() => {
        if (!socket.destroyed && part.length > 0) socket.write(part);
      }),
    delay: (ms: number) => {
      last = (last ?? Promise.resolve()).then(() => pause(ms));
    },
  };
}
