/** Brings WebSocket handshakes to the route that answers them, through the host's own middleware. */
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What a handshake needs besides its request: the bare connection, and what of it was read too far. */
export interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

const TOO_MANY_HEADERS =
  "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

const upgrades = new WeakMap<IncomingMessage, Upgrade>();
/** The listeners of all chats: several may be attached to one server. */
const ours = new WeakSet<object>();

/** The connection to take over, when this request is a handshake that a server handed on; else undefined. */
export function upgradeOf(req: IncomingMessage): Upgrade | undefined {
  return upgrades.get(req);
}

/**
 * Handshakes for `path` go through the server's request listeners like any request: so a host's sessions are there when
 * the route asks who it is, a mount path is honoured, and a refusal is an ordinary answer.
 *
 * A server with an upgrade listener gives it *every* request that has an Upgrade header, `h2c` of curl's `--http2` among
 * them: those that are nobody else's are put back as the plain requests they would have been.
 */
export function handUpgrades(server: Server, path: string | RegExp): void {
  const take = (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Another chat on this server has handed it on, to where the router knows whose it is.
    if (upgrades.has(req)) return;
    const listeners = server.listeners("upgrade");
    const isAlone = listeners.every((listener) => ours.has(listener));
    const isOurs =
      /^websocket$/i.test(req.headers.upgrade ?? "") &&
      req.method === "GET" &&
      isPath(req.url ?? "", path) &&
      // A pattern may be a host's own address, too.
      (typeof path === "string" || isAlone);
    if (!isOurs && !(isAlone && listeners.at(-1) === take)) return;
    if (isAnswering(req)) socket.destroy();
    else if (isOurs) handOn(server, req, { socket, head });
    else putBack(server, req, { socket, head });
  };
  ours.add(take);
  server.on("upgrade", take);
}

/** Pipelined behind a request that still waits for its answer: Node would throw, and end the process. */
function isAnswering(req: IncomingMessage): boolean {
  const probe = new ServerResponse(req);
  try {
    probe.assignSocket(req.socket);
  } catch {
    return true;
  }
  probe.detachSocket(req.socket);
  return false;
}

function isPath(url: string, path: string | RegExp): boolean {
  const mark = url.indexOf("?");
  const given = mark === -1 ? url : url.slice(0, mark);
  return typeof path === "string" ? given === path : path.test(given);
}

function handOn(server: Server, req: IncomingMessage, upgrade: Upgrade): void {
  const { socket } = upgrade;
  // Between here and the handshake nobody else listens: a connection that is reset then must not end the process.
  socket.on("error", () => socket.destroy());
  const res = new ServerResponse(req);
  upgrades.set(req, upgrade);
  // Node has let go of the parser: whatever else comes on this connection, nobody would read it.
  res.shouldKeepAlive = false;
  res.assignSocket(req.socket);
  res.once("finish", () => {
    res.detachSocket(req.socket);
    socket.end(() => socket.destroy());
  });
  server.emit("request", req, res);
}

/** Reads the request once more, without its Upgrade: RFC 9110, section 7.8, lets a server pass over it. */
function putBack(server: Server, req: IncomingMessage, { socket, head }: Upgrade): void {
  const headersMax = server.maxHeadersCount ?? 1000;
  if (headersMax > 0 && req.rawHeaders.length >= 2 * headersMax) {
    // Node leaves out what is over the limit. Without its Content-Length, a body would be read as another request.
    socket.end(TOO_MANY_HEADERS, () => socket.destroy());
    return;
  }
  let lines = `${req.method} ${req.url} HTTP/${req.httpVersion}\r\n`;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? "";
    if (!/^(upgrade|http2-settings)$/i.test(name)) lines += `${name}: ${req.rawHeaders[i + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines}\r\n`, "latin1"), head]));
  server.emit("encrypted" in socket ? "secureConnection" : "connection", socket);
}
