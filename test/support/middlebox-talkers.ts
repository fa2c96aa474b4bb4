/** People behind a middlebox, by the browser's client and by the one for Node: what they hear, and what they say. */
import { setTimeout as pause } from "node:timers/promises";
import { connect, type TransportName } from "../../src/node-client/index.js";
import { openPage } from "./middlebox-page.js";
import type { Standalone } from "./standalone.js";

export interface Talker {
  readonly name: string;
  /** The rows it was given, in that order, as `id text`. */
  readonly heard: readonly string[];
  /** What it was told of that is no row: a reset, a refusal. */
  readonly complaints: readonly string[];
  /** Resolves when the send is acknowledged. */
  say(text: string): Promise<unknown>;
  transport(): string;
  close(): void;
}

export type Transports = readonly TransportName[];

const LADDERS: readonly Transports[] = [["websocket", "sse", "poll"], ["sse", "poll"], ["poll"]];

/** One of each client for each ladder, reading from `since`. `code` is the built browser client. */
export function startTalkers(
  code: string,
  url: string,
  since: string,
  ladders: readonly Transports[] = LADDERS,
): Talker[] {
  return ladders.flatMap((transports) => [
    pageTalker(code, url, since, transports),
    nodeTalker(url, since, transports),
  ]);
}

function pageTalker(code: string, url: string, since: string, transports: Transports): Talker {
  const name = `page ${transports.join(" ")}`;
  const page = openPage(code, url);
  const heard: string[] = [];
  const complaints: string[] = [];
  const options = { url, since, transports, user: null, token: null, share: false };
  const chat = page.run(`Parkbench.connect(${JSON.stringify(options)})`) as {
    transport: string;
    onmessage(row: { id: number; text: string }): void;
    onreset(reason: string): void;
    onerror(problem: { code: string }): void;
    send(text: string, to: object): PromiseLike<unknown>;
    close(): void;
  };
  chat.onmessage = ({ id, text }) => heard.push(`${id} ${text}`);
  chat.onreset = (reason) => complaints.push(`reset ${reason}`);
  chat.onerror = ({ code: problem }) => complaints.push(problem);
  return {
    name,
    heard,
    complaints,
    say: (text) =>
      new Promise((resolve, reject) => {
        chat.send(text, { name: "Page" }).then(resolve, reject);
      }),
    transport: () => chat.transport,
    close() {
      chat.close();
      page.close();
    },
  };
}

function nodeTalker(url: string, since: string, transports: Transports): Talker {
  const heard: string[] = [];
  const complaints: string[] = [];
  const chat = connect({
    url,
    since,
    transports,
    name: "Node",
    // So that one has run out by the time that a test asks what becomes of it.
    waitS: 1,
    onReset: (reason) => complaints.push(`reset ${reason}`),
  });
  const read = async () => {
    for await (const { id, text } of chat) heard.push(`${id} ${text}`);
  };
  read().catch((error: unknown) => complaints.push(String(error)));
  return {
    name: `node ${transports.join(" ")}`,
    heard,
    complaints,
    say: (text) => chat.send(text),
    transport: () => chat.transport ?? "",
    close: () => chat.close(),
  };
}

/** Backing off takes its time; what has not come by then does not come. */
const GIVE_UP_MS = 30_000;

/** Resolves when each has heard all there is in the lobby. Throws what is missing, doubled or out of order. */
export async function haveHeardAll(app: Standalone, talkers: readonly Talker[]): Promise<void> {
  const startedAt = performance.now();
  const rows = app.db
    .prepare("SELECT id || ' ' || text FROM messages WHERE room = 'lobby' ORDER BY id")
    .pluck();
  for (;;) {
    const all = rows.all() as string[];
    for (const { name, heard, complaints } of talkers) {
      const wrong = heard.findIndex((row, index) => row !== all[index]);
      if (wrong >= 0)
        throw new Error(`${name} heard ${heard.slice(0, wrong + 1).join(", ")} of ${all.join(", ")}`);
      if (complaints.length > 0) throw new Error(`${name} was told ${complaints.join(", ")}`);
    }
    const behind = talkers.filter(({ heard }) => heard.length < all.length);
    if (behind.length === 0) return;
    if (performance.now() - startedAt > GIVE_UP_MS) {
      const states = behind.map(
        ({ name, heard, transport }) => `${name} (by "${transport()}") has ${heard.length}`,
      );
      throw new Error(`not all ${all.length} rows have come: ${states.join("; ")}`);
    }
    await pause(20);
  }
}
