/** createChat: a chat that mounts into somebody's Express application. */
import type { Server } from "node:http";
import express, { type Router } from "express";
import { Counts, type Stats } from "./core/counts.js";
import { boundsOf } from "./core/limits.js";
import type { Batch } from "./core/log.js";
import type { Message } from "./core/message.js";
import type { HostDraft } from "./host-send.js";
import { problemOf, writeProblem } from "./http/errors.js";
import { mayBegin } from "./http/pipelined.js";
import { setTimeouts } from "./http/timeouts.js";
import { handUpgrades } from "./http/upgrade.js";
import { type OpenChat, openChat } from "./open-chat.js";
import { type ChatOptions, checkOptions } from "./options.js";
import { openStore } from "./store/open.js";

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
  /**
   * All batches of the rooms after an id, until the signal aborts or the chat closes. `gap` on a batch, which may be empty:
   * messages before it have been removed to keep less.
   */
  follow(
    rooms: readonly string[],
    after: number,
    options?: { readonly limit?: number; readonly signal?: AbortSignal },
  ): AsyncGenerator<Batch, void, void>;
  /** What this process has done since the log was opened, and who waits now. */
  stats(): Stats;
  /** Answers everybody who waits, finishes sends under way and closes the log. */
  close(): Promise<void>;
}

/** Throws TypeError for options that cannot be; what is wrong with the database is said by `ready`. */
export function createChat(options: ChatOptions = {}): Chat {
  const checked = checkOptions(options);
  const { answerBytesMax } = boundsOf(checked.limits);
  const opening = openStore({
    url: checked.database,
    listenUrl: checked.databaseListen ?? undefined,
    logger: checked.logger,
    onLost: checked.onStorageLost,
    answerBytesMax,
  }).then((store) => openChat(checked, store));
  let open: OpenChat | null = null;
  const ready = opening.then((chat) => {
    open = chat;
  });
  // Whoever mounts the router without awaiting `ready` hears of it by the logger and by each request's error.
  ready.catch((error: unknown) => checked.logger.error({ err: error }, "the chat could not be opened"));

  const router = express.Router();
  router.use((req, res, next) => {
    if (!mayBegin(req, res)) return;
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
    stats: () => open?.stats() ?? new Counts().stats(0),
    // What could not be opened is closed: a host that stops has heard of it by `ready`.
    close: () =>
      opening.then(
        (chat) => chat.close(),
        () => {},
      ),
  };
}
