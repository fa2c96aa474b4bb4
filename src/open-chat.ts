/** Wires a chat by hand, over a store that is open: the only file that knows every part. */
import { randomBytes } from "node:crypto";
import type { Router } from "express";
import type { Stats } from "./core/counts.js";
import { boundsOf } from "./core/limits.js";
import { Load } from "./core/load.js";
import { watchLoad } from "./core/load-watch.js";
import type { Message } from "./core/message.js";
import { Pruner } from "./core/pruner.js";
import type { Room } from "./core/room.js";
import type { Sessions } from "./core/session.js";
import type { Store } from "./core/store.js";
import { Tail } from "./core/tail.js";
import { TimedCache } from "./core/timed-cache.js";
import { turn } from "./core/turn.js";
import { type HostDraft, sendForHost } from "./host-send.js";
import { Addresses } from "./http/address.js";
import { cachedRooms } from "./http/cached-rooms.js";
import { checkHandlers } from "./http/check.js";
import { watchControl } from "./http/control-watch.js";
import { PollEncoder } from "./http/encode.js";
import type { RefusalLogger } from "./http/errors.js";
import { type FastLane, fastLane } from "./http/fast-lane.js";
import { Frames } from "./http/frames.js";
import { HeadLimits } from "./http/head.js";
import { healthHandlers } from "./http/health.js";
import { historyHandler } from "./http/history.js";
import { liveHandler } from "./http/live.js";
import { moderationHandlers } from "./http/moderation.js";
import { Guard } from "./http/moderation-guard.js";
import { RestrictedList } from "./http/moderation-list.js";
import { Presence } from "./http/moderation-presence.js";
import { ModerationReach } from "./http/moderation-reach.js";
import { ModerationRights } from "./http/moderation-rights.js";
import { navigateHandler } from "./http/navigate.js";
import { Pages } from "./http/pages.js";
import { Parking } from "./http/parking.js";
import { polls } from "./http/poll.js";
import { ReadableRooms } from "./http/readable-rooms.js";
import { countingRefusals } from "./http/refusals.js";
import { makeRoomHandler } from "./http/rooms.js";
import { chatRouter } from "./http/router.js";
import { sender, sendHandler } from "./http/send.js";
import { SendLimits } from "./http/send-limits.js";
import { sessionHandlers, whoHandler } from "./http/session.js";
import { SignInLimit } from "./http/sign-in-limit.js";
import { eventsHandler } from "./http/sse.js";
import { Streams } from "./http/stream.js";
import { Tokens } from "./http/token.js";
import { waitHandler } from "./http/wait.js";
import { webSocketHandler } from "./http/websocket.js";
import { lightReader } from "./identity/light-reader.js";
import { SealedSessions } from "./identity/sealed.js";
import { clearing, type SessionCache } from "./identity/session-cache.js";
import { sessionIdentity } from "./identity/session-identity.js";
import { type Machine, ratesOf } from "./machine.js";
import type { CheckedOptions } from "./options.js";

/** A chat whose log is open, with the parts that the standalone server needs. */
export interface OpenChat {
  readonly router: Router;
  /** What express-session is to use: the light reader hears of what is written. */
  readonly sessions: Sessions;
  readonly store: Store;
  readonly tail: Tail;
  readonly pages: Pages;
  /** How busy the process is now, and what it gives up for that. */
  readonly load: Load;
  readonly fastLane: FastLane;
  /** Counts what is refused by it; for whoever answers in front of the router or behind it. */
  readonly logger: RefusalLogger;
  stats(): Stats;
  send(draft: HostDraft): Promise<Message>;
  /** Says at /readyz that nobody is to be sent here any more. All else goes on. */
  leave(): void;
  /** Answers everybody who waits, and lets nobody wait any more. */
  stop(): void;
  close(): Promise<void>;
}

export async function openChat(
  options: CheckedOptions,
  store: Store,
  machine: Machine = {},
): Promise<OpenChat> {
  const { guests, waitS } = options;
  const { log, control, counts } = store;
  const logger = countingRefusals(options.logger, counts);
  const tail = new Tail(log, { logger, counts });
  const cache: SessionCache = new TimedCache(() => tail.following);
  const roomCache = new TimedCache<Room>(() => tail.following);
  const caches = { clear: () => [cache, roomCache].forEach((each) => void each.clear()) };
  const whoever =
    options.identity ?? sessionIdentity(lightReader(store.sessions, options.sessionCookie, cache), log.epoch);
  const users = options.identity ? null : store.users;
  const load = new Load(options.limits.turnWaitMsMax);
  const addresses = new Addresses(options.trustProxy);
  const list = new RestrictedList(addresses);
  const presence = new Presence(list, addresses);
  const limits = boundsOf(options.limits);
  const parking = new Parking(tail, addresses, limits, load, presence, machine.parked);
  const watch = await watchControl({ store, tail, parking, presence, list, cache: caches, logger });
  const guard = new Guard(list, addresses, watch.current);
  const identity = guard.over(whoever);
  const rooms = new ReadableRooms(
    store.isRemote ? cachedRooms(store.rooms, roomCache) : store.rooms,
    identity,
  );
  const secrets = options.secrets.length > 0 ? options.secrets : [randomBytes(32).toString("hex")];
  const tokens = new Tokens(secrets);
  const reading = { log, tail, rooms, identity, counts, logger };
  const sealed = users && new SealedSessions(store.sessions, secrets, log.epoch);
  const rights = new ModerationRights(identity, users && store.moderation);
  const reach = new ModerationReach(rooms, log);
  const pages = new Pages({ ...reading, users, tokens, guests, rights });
  const frames = new Frames({ log, rooms, pages });
  const form = { identity, sealed, guard, tokens, origins: options, logger, limits, pages };

  const encoder = new PollEncoder(log.epoch);
  const { handler: poll, take: takePoll } = polls({ ...reading, parking, encoder, load, waitS });
  const rates = ratesOf(store, machine, logger);
  const heads = new HeadLimits(limits);
  const sendLimits = new SendLimits(rates, limits, addresses);
  const signInLimit = new SignInLimit(rates, limits, addresses);
  const sending = { ...form, log, rooms, users, guests, addresses, sendLimits, frames, load };
  const take = sender(sending);
  const send = sendHandler(sending, take);
  const streams = new Streams({ ...reading, parking, load, bufferBytesMax: limits.bufferBytesMax });
  const events = eventsHandler({ ...reading, streams, limits });
  const webSocket = webSocketHandler({ ...form, rooms, streams, counts, encoder, addresses, send: take });
  const health = healthHandlers({ check: () => store.check(), tail, logger });
  const router = chatRouter({
    poll,
    send,
    events,
    webSocket,
    live: liveHandler({ ...reading, streams, pages, limits }),
    history: historyHandler(reading),
    makeRoom: makeRoomHandler({ ...form, rooms: store.rooms, addresses }),
    wait: waitHandler({ ...reading, parking, pages, guard, load, waitS }),
    pages,
    frames,
    who: whoHandler(form),
    session:
      users &&
      sealed &&
      sessionHandlers({ ...form, users, control, sealed, addresses, signInLimit, epoch: log.epoch }),
    navigate: navigateHandler({ ...form, ...reading, parking, load, waitS }),
    moderation: moderationHandlers({
      ...form,
      moderation: store.moderation,
      rights,
      reach,
      rates,
      addresses,
    }),
    networkCheck: checkHandlers({ rooms, parking, pages, logger }),
    health,
    heads,
    parking,
    logger,
  });
  const probes = { "/healthz": health.alive, "/readyz": health.ready };
  const pruner = new Pruner({ ...options, log, retention: store.retention });
  pruner.start();
  const stopWatching = watchLoad(load, logger);
  const stop = () => {
    pruner.stop();
    tail.close();
    streams.close();
  };
  return {
    router,
    sessions: clearing(store.sessions, cache),
    store,
    tail,
    pages,
    load,
    fastLane: fastLane(
      { "/poll": poll, "/send": send, "/events": events, "/ws": webSocket, ...probes },
      takePoll,
      heads,
      parking,
      logger,
    ),
    logger,
    stats: () => counts.stats(tail.parked, load.level),
    send: (draft) => sendForHost(store, draft),
    leave: health.leave,
    stop,
    async close() {
      stop();
      stopWatching();
      await turn().then(() => store.close()); // Waiting pages read once more before they answer.
    },
  };
}
