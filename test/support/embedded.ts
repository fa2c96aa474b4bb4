/** A chat mounted under /chat in a host's Express application, with that host's own session and users. */
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express, { type Express } from "express";
import session from "express-session";
import { afterAll, beforeAll, expect } from "vitest";
import { type Chat, type ChatOptions, createChat, type Identity, type User } from "../../src/index.js";
import { call } from "./http-client.js";
import { cookieIn } from "./member.js";
import { makeFolder } from "./server.js";
import type { Bench } from "./waiting.js";

/** What the host keeps in its session. */
interface HostSession {
  user?: User;
  basket?: string;
}

export const PEOPLE: Readonly<Record<string, User>> = {
  ana: { id: 7, name: "Ana" },
  bo: { id: "u-bo", name: "Bo" },
  seven: { id: "7", name: "Seven" },
};

/** Who the host says people are. */
export const hostIdentity: Identity = {
  identify: (req) => (req as { session?: HostSession }).session?.user ?? null,
};

export interface Embedded {
  /** The host's own address. */
  readonly host: string;
  readonly chat: Chat;
  /** The chat's address, and who waits in it. */
  readonly bench: Bench;
  /** Signs in at the host, with something in the basket; the cookie. */
  login(who: keyof typeof PEOPLE): Promise<string>;
  /** The host's session of a cookie, as the host sees it. */
  sessionOf(cookie: string): Promise<HostSession & Record<string, unknown>>;
  close(): Promise<void>;
}

export interface Host {
  /** What the host has in front of the chat besides its session. */
  before?(app: Express): void;
}

export async function startEmbedded(options: ChatOptions = {}, { before }: Host = {}): Promise<Embedded> {
  const folder = makeFolder();
  const app = express();
  app.use(session({ secret: "the host's own secret", resave: false, saveUninitialized: false }));
  app.post("/login/:who", (req, res) => {
    Object.assign(req.session, { user: PEOPLE[req.params.who], basket: "a pear" });
    res.sendStatus(204);
  });
  app.get("/session", (req, res) => void res.json(req.session));
  before?.(app);
  const chat = createChat({
    database: join(folder, "host.db"),
    ...options,
    // As slow as the machine may be: who is parked is to stay so.
    limits: { turnWaitMsMax: 0, ...options.limits },
  });
  app.use("/chat", chat.router);
  // The chat's database is still being opened: the first requests wait for it.
  const server = createServer(app);
  chat.attach(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    chat,
    bench: { url: `${host}/chat`, parked: () => chat.stats().parked },
    async login(who) {
      const answer = await call(`${host}/login/${who}`, { method: "POST" });
      expect(answer.status).toBe(204);
      return cookieIn(answer.headers["set-cookie"]);
    },
    sessionOf: async (cookie) => JSON.parse((await call(`${host}/session`, { headers: { cookie } })).text),
    async close() {
      server.close();
      server.closeAllConnections();
      await chat.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One for the tests of a file or group: what the returned function gives while they run. */
export function embedded(options: ChatOptions = {}, host: Host = {}): () => Embedded {
  let app: Embedded | null = null;
  beforeAll(async () => {
    app = await startEmbedded(options, host);
  });
  afterAll(async () => {
    await app?.close();
  });
  return () => {
    if (app) return app;
    throw new Error("the host has not been started yet");
  };
}
