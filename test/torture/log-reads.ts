/** The log as processes give it, and as it is in the file. */
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { call, pollBody } from "../support/http-client.js";
import { endOf } from "../support/parked.js";
import type { Row, View } from "./history.js";
import type { TortureProcess } from "./process.js";

/** The end of the log now, by the first process that answers. */
export async function endOfLog(processes: readonly TortureProcess[]): Promise<string> {
  const asked = processes.map(({ url }) => endOf(url));
  return Promise.any(asked).catch(() => pause(20).then(() => endOfLog(processes)));
}

/** The whole log, as a process gives it to somebody new. */
export async function viewOf({ name, url }: TortureProcess, inRooms: readonly string[]): Promise<View> {
  const rows: Row[] = [];
  const rooms = inRooms.map((room) => `room=${room}`).join("&");
  for (let since = "0", more = true; more; ) {
    const body = pollBody(await call(`${url}/poll?since=${since}&${rooms}&limit=500&wait=0`));
    rows.push(...body.messages);
    since = body.next;
    more = body.more;
  }
  return { process: name, rows };
}

export function readLog(path: string): readonly Row[] {
  const db = new Database(path, { readonly: true });
  try {
    const check = db.pragma("integrity_check", { simple: true });
    if (check !== "ok") throw new Error(`The database is damaged: ${check}`);
    return db.prepare("SELECT id, room, text, nonce FROM messages ORDER BY id").all() as Row[];
  } finally {
    db.close();
  }
}
