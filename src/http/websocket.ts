/** /ws: the same batches as frames, and sends as frames, on one connection. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import type { Counts } from "../core/counts.js";
import { ParkbenchError } from "../core/errors.js";
import type { Limits } from "../core/limits.js";
import type { Logger } from "../core/logger.js";
import { type Asker, askerOf, type Identity } from "../identity/identity.js";
import type { Addresses } from "./address.js";
import { CountedSink } from "./counted-sink.js";
import type { PollEncoder } from "./encode.js";
import { problemOf, writeProblem } from "./errors.js";
import { headerToken } from "./form.js";
import { FrameSends } from "./frame-sends.js";
import { FrameSink } from "./frame-sink.js";
import { refuseMethod } from "./methods.js";
import { type Origins, refuseCrossSite } from "./origin.js";
import type { Handler } from "./poll.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { type Reading, readingIn } from "./reading.js";
import { queryOf, refuseBody, refuseTwoHosts } from "./request.js";
import type { Send } from "./send.js";
import type { Streams } from "./stream.js";
import type { Tokens } from "./token.js";
import { upgradeOf } from "./upgrade.js";

export interface WebSocketParts {
  readonly encoder: PollEncoder;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly streams: Streams;
  readonly counts: Counts;
  readonly tokens: Tokens;
  readonly origins: Origins;
  readonly logger: Logger;
  readonly send: Send;
  readonly addresses: Addresses;
  readonly limits: Limits;
}

/** Who is asking is settled by the handshake: a session that a host has ended must not read on for ever. */
const LIFE_MS = 10 * 60_000;

const OPTIONS: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  // A window for each connection would cost more memory than the reader.
  perMessageDeflate: false,
  clientTracking: false,
  autoPong: false,
  // Less than a stop takes: a peer that is gone does not answer a close.
  closeTimeout: 5000,
};

export function webSocketHandler(parts: WebSocketParts): Handler {
  const bytesMax = parts.limits.bodyBytesMax;
  // ws takes 0 for no limit, and 32 bits.
  const maxPayload = bytesMax < 2 ** 31 ? bytesMax : 0;
  const server = new WebSocketServer({ ...OPTIONS, maxPayload });

  return (req, res) => {
    if (refuseMethod(req, res, ["GET", "HEAD"], parts.logger)) return;
    answer(req, res).catch((error: unknown) => {
      const problem = problemOf(error, parts.logger);
      // RFC 9110, section 15.5.22.
      if (problem.status === 426) res.setHeader("Upgrade", "websocket").setHeader("Connection", "Upgrade");
      writeProblem(req, res, problem);
    });
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    refuseTwoHosts(req);
    refuseBody(req);
    const upgrade = upgradeOf(req);
    if (!upgrade)
      throw new ParkbenchError(
        "upgrade_required",
        "This address speaks WebSocket only. Where a proxy keeps that from passing, use /poll or /events.",
      );
    const asked = readingIn(queryOf(req));
    const asker = await askerOf(parts.identity, req);
    const token = parts.tokens.kindOf(headerToken(req), asker.session);
    refuseCrossSite(req, parts.origins, { hasSession: asker.session !== null, token, signsIn: false });
    await parts.rooms.mustRead(asker.user, asked.rooms);
    if (res.headersSent || req.socket.destroyed) return;
    res.detachSocket(req.socket);
    server.handleUpgrade(req, upgrade.socket, upgrade.head, (socket) =>
      welcome(req, socket, upgrade.socket, asked, asker),
    );
  }

  function welcome(
    req: IncomingMessage,
    socket: WebSocket,
    wire: Duplex,
    asked: Reading,
    asker: Asker,
  ): void {
    // A frame that breaks the protocol is an error event, after which ws closes with the code that says so.
    socket.on("error", () => {});
    const { send, logger } = parts;
    const sends = new FrameSends({
      socket,
      wire,
      asker,
      address: parts.addresses.of(req),
      send,
      bytesMax,
      logger,
    });
    const sink = new FrameSink({ socket, wire, encoder: parts.encoder, sends, logger: parts.logger });
    socket.on("ping", () => sends.pong());
    socket.on("message", (content, isBinary) => sends.take(content, isBinary));
    parts.streams
      .open(req, { ...asked, asker, lifeMs: LIFE_MS }, new CountedSink(sink, parts.counts, "websocket"))
      .catch((error: unknown) => sink.end("failed", error));
  }
}
