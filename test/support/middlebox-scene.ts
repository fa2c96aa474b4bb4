/** A chat, a broken middlebox in front of it, and people behind that. */
import { expect } from "vitest";
import { say } from "./guest.js";
import { type Faults, type Middlebox, startMiddlebox } from "./middlebox.js";
import { haveHeardAll, startTalkers, type Talker, type Transports } from "./middlebox-talkers.js";
import { type Standalone, startStandalone } from "./standalone.js";
import { until } from "./until.js";

export interface Scene {
  readonly app: Standalone;
  readonly box: Middlebox;
  readonly talkers: readonly Talker[];
}

export interface Setting {
  readonly seed?: number;
  /** Default: all, without WebSocket, and long polling alone. */
  readonly ladders?: readonly Transports[];
}

/** `code` is the built browser client. Afterwards nobody waits in the chat any more. */
export async function behind(
  code: string,
  faults: Faults,
  use: (scene: Scene) => Promise<void>,
  { seed = 1, ladders }: Setting = {},
): Promise<void> {
  const app = await startStandalone();
  const box = await startMiddlebox(app.port, faults, seed);
  const talkers = startTalkers(code, box.url, "0", ladders);
  try {
    await use({ app, box, talkers });
  } finally {
    for (const talker of talkers) talker.close();
    await box.close();
  }
  await until(
    () => app.chat.tail.parked === 0,
    () => `nobody waiting; ${app.chat.tail.parked} wait`,
  );
  await app.close();
}

/** Everybody says something, and somebody else does at the server itself, in this room and in another. */
export async function talk({ app, talkers }: Pick<Scene, "app" | "talkers">, round: number): Promise<void> {
  app.db.prepare("INSERT INTO messages (room, author_name, text) VALUES ('elsewhere', 'x', 'y')").run();
  const said = talkers.map(({ name, say: tell }) => tell(`${name} ${round}`));
  await say(app.url, "Direct", `round ${round}`);
  await Promise.all(said);
  await haveHeardAll(app, talkers);
  for (const { name } of talkers) expect(timesStored(app, `${name} ${round}`), name).toBe(1);
}

export function timesStored({ db }: Standalone, text: string): number {
  return db.prepare("SELECT count(*) FROM messages WHERE text = ?").pluck().get(text) as number;
}
