/** The standalone program's chat in this process, put together as `src/server.ts` does, over a database of its own. */
import { rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import express, { type ErrorRequestHandler } from "express";
import { afterAll, beforeAll } from "vitest";
import { boundsOf } from "../../src/core/limits.js";
import { answerExpectations } from "../../src/http/continue.js";
import { passAllHeaders } from "../../src/http/head.js";
import { failRequest, notFound } from "../../src/http/router.js";
import { setTimeouts } from "../../src/http/timeouts.js";
import { handUpgrades } from "../../src/http/upgrade.js";
import { type OpenChat, openChat } from "../../src/open-chat.js";
import { type ChatOptions, checkOptions } from "../../src/options.js";
import { SESSION_COOKIE, sessions } from "../../src/session-store.js";
import { openStore } from "../../src/store/open.js";
import { makeFolder } from "./server.js";

export const SECRETS = ["the secret that signs now", "the secret of before"];

export interface Standalone {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly chat: OpenChat;
  /** Another connection to the database, as another program would have it. */
  readonly db: Database.Database;
  close(): Promise<void>;
}

export async function startStandalone(options: ChatOptions = {}): Promise<Standalone> {
  const folder = makeFolder();
  const database = join(folder, "parkbench.db");
  const checked = checkOptions({
    database,
    secrets: SECRETS,
    sessionCookie: { name: SESSION_COOKIE, secrets: SECRETS },
    ...options,
    // As slow as the machine may be: who is parked is to stay so.
    limits: { turnWaitMsMax: 0, ...options.limits },
  });
  const { answerBytesMax } = boundsOf(checked.limits);
  const chat = await openChat(checked, await openStore({ url: database, answerBytesMax }));
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(sessions(chat.sessions, SECRETS));
  app.use(chat.router);
  app.use((_req, _res, next) => next(notFound()));
  const onError: ErrorRequestHandler = (error, req, res, _next) =>
    failRequest(req, res, error, chat.pages, chat.logger);
  app.use(onError);
  const server = createServer((req, res) => {
    if (!chat.fastLane.handle(req, res)) app(req, res);
  });
  setTimeouts(server);
  passAllHeaders(server);
  answerExpectations(server);
  handUpgrades(server, "/ws");
  await chat.fastLane.open(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const db = new Database(database);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    chat,
    db,
    async close() {
      db.close();
      server.close();
      server.closeAllConnections();
      await chat.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One for the tests of a file or group: what the returned function gives while they run. */
export function standalone(options: ChatOptions = {}): () => Standalone {
  let app: Standalone | null = null;
  beforeAll(async () => {
    app = await startStandalone(options);
  });
  afterAll(async () => {
    await app?.close();
  });
  return () => {
    if (app) return app;
    throw new Error("the chat has not been started yet");
  };
}

/** All rows of a table, in a form that can be compared. */
export function rowsOf({ db }: Standalone, table: "messages" | "sessions" | "users" | "control"): unknown[] {
  return db.prepare(`SELECT * FROM ${table}`).all();
}

export function countOf({ db }: Standalone, table: "messages" | "sessions" | "users" | "rooms"): number {
  return db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
}
