/** A chat in a host application as a scene, over a database that may be there already. */
import Database from "better-sqlite3";
import { startEmbedded } from "../support/embedded.js";
import { call } from "../support/http-client.js";
import { type Running, Scene } from "./scene.js";

export interface Hosted {
  readonly scene: Scene;
  readonly running: Running;
  /** Stops the chat; the host goes on. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startHosted(database: string): Promise<Hosted> {
  const { chat, bench, close } = await startEmbedded({ database });
  // The file is there when the first request has been answered.
  await call(`${bench.url}/poll?wait=0`);
  const db = new Database(database);
  const running = { ...bench, db, chat };
  return {
    running,
    scene: new Scene(running),
    stop: () => chat.close(),
    close: async () => {
      db.close();
      await close();
    },
  };
}
