/** The log as processes give it. */
import { setTimeout as pause } from "node:timers/promises";
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
