/** createChat: the only file that knows every part. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import express, { type Router } from "express";
import type { Batch } from "./core/log.js";
import type { Message } from "./core/message.js";
import type { Store } from "./core/store.js";
import { Tail } from "./core/tail.js";
import { turn } from "./core/turn.js";
import { type HostDraft, sendForHost } from "./host-send.js";
import { Addresses } from "./http/address.js";
import { checkHandlers } from "./http/check.js";
import { watchControl } from "./http/control-watch.js";
import { PollEncoder } from "./http/encode.js";
import { problemOf, writeProblem } from "./http/errors.js";
import { fastLane } from "./http/fast-lane.js";
import { Frames } from "./http/frames.js";
import { historyHandler } from "./http/history.js";
import { liveHandler } from "./http/live.js";
import { navigateHandler } from "./http/navigate.js";
import { Pages } from "./http/pages.js";
import { Parking } from "./http/parking.js";
import { pollHandler } from "./http/poll.js";
import { ReadableRooms } from "./http/readable-rooms.js";
import { makeRoomHandler } from "./http/rooms.js";
import { chatRouter } from "./http/router.js";
import { sender, sendHandler } from "./http/send.js";
import { sessionHandlers, whoHandler } from "./http/session.js";
import { eventsHandler } from "./http/sse.js";
import { Streams } from "./http/stream.js";
import { setTimeouts } from "./http/timeouts.js";
import { Tokens } from "./http/token.js";
import { handUpgrades } from "./http/upgrade.js";
import { waitHandler } from "./http/wait.js";
import { webSocketHandler } from "./http/websocket.js";
import { lightReader } from "./identity/light-reader.js";
import { SealedSessions } from "./identity/sealed.js";
import { sessionIdentity } from "./identity/session-identity.js";
import { type ChatOptions, type CheckedOptions, checkOptions } from "./options.js";
import { openStore } from "./store/open.js";

export interface Stats {
  /** Readers waiting in this process now. */
  readonly parked: number;
}

export interface Chat {
  /** Mounts under any path of an Express 5 application. Requests that come before the log is open wait for it. */
  readonly router: Router;
  /** Resolves when the log is open; rejects with what stands in the way. */
  readonly ready: Promise<void>;
  /**
   * Sets a server's timeouts so that parked requests live as long as they must, and opens it to WebSocket handshakes: for
   * `path`, where the chat is mounted, else, unless the server has upgrade listeners of its own, for any `/ws`.
   */
  attach(server: Server, options?: { readonly path?: string }): void;
  /** Stores a message and wakes its readers; resolves once it is on disk. */
  send(draft: HostDraft): Promise<Message>;
  /** All batches of the rooms after an id, until the signal aborts or the chat closes. */
  follow(
    rooms: readonly string[],
    after: number,
    options?: { readonly limit?: number; readonly signal?: AbortSignal },
  ): AsyncGenerator<Batch, void, void>;
  stats(): Stats;
  /** Answers everybody who waits, finishes sends under way and closes the log. */
  close(): Promise<void>;
}

/** Throws TypeError for options that cannot be; what is wrong with the database is said by `ready`. */
export function createChat(options: ChatOptions = {}): Chat {
  const checked = checkOptions(options);
  const opening = openStore({ url: checked.database, onLost: checked.onStorageLost }).then((store) =>
    openChat(checked, store),
  );
  let open: OpenChat | null = null;
  const ready = opening.then((chat) => {
    open = chat;
  });
  // Whoever mounts the router without awaiting `ready` hears of it by the logger and by each request's error.
  ready.catch((error: unknown) => checked.logger.error({ err: error }, "the chat could not be opened"));

  const router = express.Router();
  router.use((req, res, next) => {
    if (open) return open.router(req, res, next);
    opening.then(
      (chat) => chat.router(req, res, next),
      // Not the host's error handler: the error names files of this machine.
      (error: unknown) => writeProblem(req, res, problemOf(error, checked.logger)),
    );
  });
  return {
    router,
    ready,
    attach(server, { path } = {}) {
      setTimeouts(server);
      handUpgrades(server, path === undefined ? /\/ws$/ : `${path.replace(/\/$/, "")}/ws`);
    },
    send: async (draft) => (await opening).send(draft),
    async *follow(rooms, after, followOptions) {
      yield* (await opening).tail.follow(rooms, after, followOptions);
    },
    stats: () => ({ parked: open?.tail.parked ?? 0 }),
    // What could not be opened is closed: a host that stops has heard of it by `ready`.
    close: () =>
      opening.then(
        (chat) => chat.close(),
        () => {},
      ),
  };
}

/** A chat whose log is open, with the parts that the standalone server needs. */
export interface OpenChat {
  readonly router: Router;
  readonly store: Store;
  readonly tail: Tail;
  readonly pages: Pages;
  /** Answers the hot addresses without Express; false for any other address. */
  readonly fastLane: (req: IncomingMessage, res: ServerResponse) => boolean;
  send(draft: HostDraft): Promise<Message>;
  /** Answers everybody who waits, and lets nobody wait any more. */
  stop(): void;
  close(): Promise<void>;
}

export async function openChat(options: CheckedOptions, store: Store): Promise<OpenChat> {
  const { logger, guests, waitS } = options;
  const { log, control } = store;
  const cookie = options.sessionCookie;
  const identity =
    options.identity ??
    sessionIdentity(cookie && lightReader(store.sessions, cookie.name, cookie.secrets), log.epoch);
  const users = options.identity ? null : store.users;

  const tail = new Tail(log, { logger });
  const addresses = new Addresses(options.trustProxy);
  const parking = new Parking(tail, addresses, options.parkedMax);
  await watchControl(control, tail, parking, logger);

  const rooms = new ReadableRooms(store.rooms, identity);
  const secrets = options.secrets.length > 0 ? options.secrets : [randomBytes(32).toString("hex")];
  const tokens = new Tokens(secrets);
  const sealed = users && new SealedSessions(store.sessions, secrets, log.epoch);
  const pages = new Pages({ log, rooms, identity, users, tokens, guests, logger });
  const frames = new Frames({ log, rooms, pages });
  const form = { identity, sealed, tokens, origins: options, logger, pages };

  const encoder = new PollEncoder(log.epoch);
  const poll = pollHandler({ log, tail, rooms, identity, parking, encoder, logger, waitS });
  const sending = { ...form, log, rooms, users, guests, frames };
  const take = sender(sending);
  const send = sendHandler(sending, take);
  const streams = new Streams({ log, tail, rooms, parking });
  const events = eventsHandler({ log, rooms, identity, streams, logger });
  const webSocket = webSocketHandler({ ...form, rooms, streams, encoder, send: take });
  const router = chatRouter({
    poll,
    send,
    events,
    webSocket,
    live: liveHandler({ log, tail, rooms, streams, pages, logger }),
    history: historyHandler({ log, rooms, identity, logger }),
    makeRoom: makeRoomHandler({ ...form, rooms: store.rooms }),
    wait: waitHandler({ log, tail, rooms, parking, pages, waitS }),
    pages,
    frames,
    who: whoHandler(form),
    session:
      users && sealed && sessionHandlers({ ...form, users, control, sealed, addresses, epoch: log.epoch }),
    navigate: navigateHandler({ ...form, log, tail, rooms, parking, waitS }),
    networkCheck: checkHandlers({ rooms, parking, pages, logger }),
    check: () => store.check(),
    logger,
  });

  const stop = () => {
    tail.close();
    streams.close();
  };
  return {
    router,
    store,
    tail,
    pages,
    fastLane: fastLane({ "/poll": poll, "/send": send, "/events": events, "/ws": webSocket }),
    send: (draft) => sendForHost(store, draft),
    stop,
    async close() {
      stop();
      await turn().then(() => store.close()); // Waiting pages read once more before they answer.
    },
  };
}
