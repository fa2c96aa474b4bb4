/** createChat: the only file that knows every part. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import express, { type Router } from "express";
import type { Batch } from "./core/log.js";
import type { Message } from "./core/message.js";
import type { Sessions } from "./core/session.js";
import type { Store } from "./core/store.js";
import { Tail } from "./core/tail.js";
import { TimedCache } from "./core/timed-cache.js";
import { turn } from "./core/turn.js";
import { type HostDraft, sendForHost } from "./host-send.js";
import { Addresses } from "./http/address.js";
import { checkHandlers } from "./http/check.js";
import { watchControl } from "./http/control-watch.js";
import { PollEncoder } from "./http/encode.js";
import { problemOf, writeProblem } from "./http/errors.js";
import { type FastLane, fastLane } from "./http/fast-lane.js";
import { Frames } from "./http/frames.js";
import { historyHandler } from "./http/history.js";
import { liveHandler } from "./http/live.js";
import { navigateHandler } from "./http/navigate.js";
import { Pages } from "./http/pages.js";
import { Parking } from "./http/parking.js";
import { polls } from "./http/poll.js";
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
import { clearing, type SessionCache } from "./identity/session-cache.js";
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
  /** What express-session is to use: the light reader hears of what is written. */
  readonly sessions: Sessions;
  readonly store: Store;
  readonly tail: Tail;
  readonly pages: Pages;
  readonly fastLane: FastLane;
  send(draft: HostDraft): Promise<Message>;
  /** Answers everybody who waits, and lets nobody wait any more. */
  stop(): void;
  close(): Promise<void>;
}

export async function openChat(options: CheckedOptions, store: Store): Promise<OpenChat> {
  const { logger, guests, waitS } = options;
  const { log, control } = store;
  const tail = new Tail(log, { logger });
  const cache: SessionCache = new TimedCache(() => tail.following);
  const identity =
    options.identity ?? sessionIdentity(lightReader(store.sessions, options.sessionCookie, cache), log.epoch);
  const users = options.identity ? null : store.users;
  const addresses = new Addresses(options.trustProxy);
  const parking = new Parking(tail, addresses, options.parkedMax);
  const rooms = new ReadableRooms(store.rooms, identity);
  await watchControl(control, tail, parking, cache, logger);
  const secrets = options.secrets.length > 0 ? options.secrets : [randomBytes(32).toString("hex")];
  const tokens = new Tokens(secrets);
  const reading = { log, tail, rooms, identity, logger };
  const sealed = users && new SealedSessions(store.sessions, secrets, log.epoch);
  const pages = new Pages({ ...reading, users, tokens, guests });
  const frames = new Frames({ log, rooms, pages });
  const form = { identity, sealed, tokens, origins: options, logger, pages };

  const encoder = new PollEncoder(log.epoch);
  const { handler: poll, take: takePoll } = polls({ ...reading, parking, encoder, waitS });
  const sending = { ...form, log, rooms, users, guests, frames };
  const take = sender(sending);
  const send = sendHandler(sending, take);
  const streams = new Streams({ ...reading, parking });
  const events = eventsHandler({ ...reading, streams });
  const webSocket = webSocketHandler({ ...form, rooms, streams, encoder, send: take });
  const router = chatRouter({
    poll,
    send,
    events,
    webSocket,
    live: liveHandler({ ...reading, streams, pages }),
    history: historyHandler(reading),
    makeRoom: makeRoomHandler({ ...form, rooms: store.rooms }),
    wait: waitHandler({ ...reading, parking, pages, waitS }),
    pages,
    frames,
    who: whoHandler(form),
    session:
      users && sealed && sessionHandlers({ ...form, users, control, sealed, addresses, epoch: log.epoch }),
    navigate: navigateHandler({ ...form, ...reading, parking, waitS }),
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
    sessions: clearing(store.sessions, cache),
    store,
    tail,
    pages,
    fastLane: fastLane(
      { "/poll": poll, "/send": send, "/events": events, "/ws": webSocket },
      takePoll,
      logger,
    ),
    send: (draft) => sendForHost(store, draft),
    stop,
    async close() {
      stop();
      await turn().then(() => store.close()); // Waiting pages read once more before they answer.
    },
  };
}
