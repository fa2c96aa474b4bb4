/** Takes the hottest request straight from a connection's parser, before node makes a response for it. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { Deadlines } from "../core/deadlines.js";
import { Lane, type Turn } from "./lane.js";

/** Returns false, having done nothing, for a request that is not its own; else it answers, once, now or later. */
export type Take = (req: IncomingMessage, turn: Turn) => boolean;

/** What node:http hangs on a connection, as far as it is leant on; undocumented, and so tried at each start. */
export interface HttpSocket extends Socket {
  /** The response whose turn it is: as long as there is one, node takes the connection for busy. */
  _httpMessage?: unknown;
  readonly parser: Parser | null;
  [LANE]?: Lane;
}

export interface Parser {
  onIncoming: OnIncoming;
  readonly socket: HttpSocket;
  incoming: unknown;
}

export type OnIncoming = (this: Parser, req: IncomingMessage, keepAlive: boolean) => number;

const LANE = Symbol("lane");

/** Every request of every connection goes by here first, as node itself may answer at once, too: 400, 417, 100. */
export function openParserLane(server: Server, take: Take): void {
  const idle = new Deadlines<Lane>((lane) => lane.cut());
  const isKept = () => server.listening;

  server.on("connection", (socket: HttpSocket) => {
    const { parser } = socket;
    if (!parser) return;
    // The same connection comes again when a request for an upgrade was put back.
    if (socket[LANE] === undefined) socket.once("close", onClose);
    socket[LANE] = new Lane(socket, parser.onIncoming, idle, isKept);
    parser.onIncoming = onIncoming;
  });

  function onIncoming(this: Parser, req: IncomingMessage, keepAlive: boolean): number {
    const lane = this.socket[LANE];
    if (!lane?.makeWay()) return 0;
    // Who does not read is left to node, which then stops reading from it.
    const turn = isKept() && !this.socket.writableNeedDrain && isFor(req) ? lane.begin(keepAlive) : null;
    if (turn) {
      if (take(req, turn)) {
        // What the parser would hold on to until the next request.
        this.incoming = null;
        return 0;
      }
      lane.giveUp();
    }
    return lane.nodesOwn.call(this, req, keepAlive);
  }
}

function onClose(this: HttpSocket): void {
  this[LANE]?.close();
}

function isFor({ method, url, rawHeaders }: IncomingMessage): boolean {
  return method === "GET" && url !== undefined && url.startsWith("/poll?") && isPlain(rawHeaders);
}

/** Whatever asks for more than the address says is left to the handler, and what node answers by itself to node. */
function isPlain(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!LENGTHS.has(name.length)) continue;
    const lower = name.toLowerCase();
    if (lower === "host") hosts += 1;
    else if (NOT_PLAIN.has(lower)) return false;
  }
  return hosts === 1;
}

const NOT_PLAIN = new Set(["expect", "prefer", "upgrade", "content-length", "transfer-encoding"]);
/** Other headers need not be looked at. */
const LENGTHS = new Set(["host", ...NOT_PLAIN].map((name) => name.length));
