/** A broken proxy in front of a server, in this process: its faults are chosen, and may change while it runs. */
import { type ClientRequest, createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { exchange } from "./middlebox-exchange.js";
import { tunnel } from "./middlebox-tunnel.js";
import { seeded } from "./random.js";

/** What is wrong with it; faults add up. */
export interface Faults {
  /** An Upgrade is forwarded as a plain GET, or answered with 101 and then silence. */
  readonly upgrade?: "plain" | "silent";
  /** Passes an answer on only when it is whole. */
  readonly holds?: boolean;
  /** Ends an exchange or tunnel of this age: with an HTML page of `cutStatus`, else by a reset. */
  readonly cutMs?: number;
  readonly cutStatus?: number;
  /** Answers with an HTML page of this status and forwards nothing. */
  readonly htmlStatus?: number;
  /** Sends a GET twice and passes the second answer on. */
  readonly replaysGets?: boolean;
  /** Sends a POST twice and passes the second answer on. */
  readonly doublesPosts?: boolean;
  readonly delayMs?: number;
  /** A POST lets the next one pass first, if one comes soon. */
  readonly swapsPosts?: boolean;
  /** Resets the connection of a POST, and forwards it when the next one has been answered. */
  readonly latePosts?: boolean;
  /** Keeps answers to GETs by their full address, whatever their headers say. */
  readonly cachesGets?: boolean;
  /** Resets the connection and forwards nothing. */
  readonly resets?: boolean;
  /** Forwards, and resets the connection when the answer comes. */
  readonly losesAnswers?: boolean;
  /** Does not tell the server that a client has left. */
  readonly isDeaf?: boolean;
  /** `htmlStatus`, `latePosts`, `resets` and `losesAnswers` strike one request in so many. Default: all. */
  readonly oneIn?: number;
}

export type Fault = keyof Omit<Faults, "oneIn" | "cutStatus">;

export interface Counts {
  connections: number;
  requests: number;
  upgrades: number;
  /** Requests that were sent to the server, copies included. */
  forwarded: number;
  readonly struck: Partial<Record<Fault, number>>;
}

export interface Middlebox {
  readonly url: string;
  readonly port: number;
  /** Of requests that come from now on. */
  faults: Faults;
  readonly counts: Readonly<Counts>;
  /** Cuts all there is at this moment. */
  cut(): void;
  close(): Promise<void>;
}

/** What the parts of a middlebox know of it. */
export interface Inside {
  readonly faults: Faults;
  readonly counts: Counts;
  readonly serverPort: number;
  readonly cache: Map<string, Kept>;
  /** Requests to the server that are under way; some have nobody any more who waits for their answer. */
  readonly upstreams: Set<ClientRequest>;
  /** POSTs that are to go after the next one. */
  readonly waiting: (() => void)[];
  /** Counts a fault that strikes. */
  strike(fault: Fault): void;
  /** Whether one of the faults that are not for every request strikes this one. */
  strikes(fault: Fault): boolean;
}

export interface Kept {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** `seed` decides which requests are struck where not all are. */
export async function startMiddlebox(serverPort: number, first: Faults = {}, seed = 1): Promise<Middlebox> {
  const random = seeded(seed);
  const counts: Counts = { connections: 0, requests: 0, upgrades: 0, forwarded: 0, struck: {} };
  const sockets = new Set<Socket>();
  const cache = new Map<string, Kept>();
  const upstreams = new Set<ClientRequest>();
  const waiting: (() => void)[] = [];
  const strike = (fault: Fault) => {
    counts.struck[fault] = (counts.struck[fault] ?? 0) + 1;
  };
  const box = { faults: first, counts };
  /** For one request, which keeps the faults that it came with. */
  const inside = ({ faults }: { faults: Faults }): Inside => ({
    faults,
    counts,
    serverPort,
    cache,
    upstreams,
    waiting,
    strike,
    strikes(fault) {
      const strikes = Boolean(faults[fault]) && random.oneIn(faults.oneIn ?? 1);
      if (strikes) strike(fault);
      return strikes;
    },
  });
  const server = createServer((req, res) => {
    counts.requests++;
    exchange(req, res, inside(box)).catch(() => abandon(res));
  });
  server.on("upgrade", (req, socket: Socket, head: Buffer) => {
    counts.requests++;
    counts.upgrades++;
    tunnel(req, socket, head, inside(box)).catch(() => socket.destroy());
  });
  server.on("connection", (socket) => {
    counts.connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return Object.assign(box, {
    url: `http://127.0.0.1:${port}`,
    port,
    cut,
    async close() {
      const closed = new Promise((done) => server.close(done));
      cut();
      for (const upstream of upstreams) upstream.destroy();
      for (const go of waiting.splice(0)) go();
      await closed;
    },
  });
}

/** The server is away, or the client has left. */
function abandon(res: ServerResponse): void {
  if (res.headersSent) res.destroy();
  else res.writeHead(502, { "Content-Type": "text/html" }).end("<h1>502 Bad Gateway</h1>");
}
