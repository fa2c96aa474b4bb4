/** A TCP proxy in front of a PostgreSQL server, in this process: falls silent, cuts, leads elsewhere, and reads along. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** The port that connections which come from now on are led to. */
  target: number;
  /** What clients have asked for so far: each statement is a round trip. */
  readonly statements: string[];
  /** Connections that are open, dead ones too. */
  connections(): number;
  /** Drops all bytes of the connections there are, for ever, and of those that come until `speak`: nobody is told. */
  fallSilent(): void;
  speak(): void;
  /** The connection of the next statement that matches is cut: before the server sees it, or when its answer comes. */
  strike: { readonly statement: RegExp; readonly when: "asked" | "answered" } | null;
  /** Ends all there are by a reset. */
  cut(): void;
  close(): Promise<void>;
}

interface Pair {
  isSilent: boolean;
  /** Its next answer is its end. */
  isDoomed: boolean;
  readonly sockets: readonly [Socket, Socket];
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const statements: string[] = [];
  let isSilent = false;
  const server = createServer((client) => {
    const upstream = connect(proxy.target, "127.0.0.1");
    const pair: Pair = { isSilent, isDoomed: false, sockets: [client, upstream] };
    pairs.add(pair);
    const read = statementReader(statements);
    const end = () => {
      for (const socket of pair.sockets) socket.resetAndDestroy();
    };
    client.on("data", (chunk) => {
      if (pair.isSilent) return;
      const before = statements.length;
      read(chunk);
      const { strike } = proxy;
      if (strike && statements.slice(before).some((sql) => strike.statement.test(sql))) {
        proxy.strike = null;
        pair.isDoomed = true;
        if (strike.when === "asked") return end();
      }
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (pair.isDoomed) end();
      else if (!pair.isSilent) client.write(chunk);
    });
    for (const socket of pair.sockets) {
      socket.on("error", () => {});
      socket.on("close", () => {
        // The other end of a dead connection hears nothing of it.
        if (pair.isSilent && socket === upstream) return;
        pairs.delete(pair);
        for (const other of pair.sockets) other.destroy();
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => {
    for (const { sockets } of pairs) for (const socket of sockets) socket.resetAndDestroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    target,
    statements,
    strike: null,
    connections: () => pairs.size,
    fallSilent() {
      isSilent = true;
      for (const pair of pairs) pair.isSilent = true;
    },
    speak() {
      isSilent = false;
    },
    cut,
    async close() {
      const closed = new Promise((done) => server.close(done));
      cut();
      await closed;
    },
  };
  return proxy;
}

/** The same address, through the proxy. */
export function through(proxy: TcpProxy, url: string): string {
  return Object.assign(new URL(url), { port: String(proxy.port) }).href;
}

/** Reads the client's half of a connection: the first message has no type, then `Q` and `P` carry statements. */
function statementReader(statements: string[]): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let hasBegun = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = hasBegun ? 1 : 0;
      if (rest.length < head + 4) return;
      const end = head + rest.readUInt32BE(head);
      if (rest.length < end) return;
      const type = hasBegun ? String.fromCharCode(rest[0] ?? 0) : "";
      const strings = rest
        .subarray(head + 4, end)
        .toString()
        .split("\0");
      if (type === "Q") statements.push(strings[0] ?? "");
      if (type === "P") statements.push(strings[1] ?? "");
      hasBegun = true;
      rest = rest.subarray(end);
    }
  };
}
