/** A room in which nothing else happens: whether one row wakes who waits there, on every process and transport. */

import { call, idOf, pollBody } from "../support/http-client.js";
import { hasReadAll, nowMs } from "../support/parked.js";
import type { Random } from "../support/random.js";
import type { TortureDatabase } from "./database.js";
import type { Ack, Probe, Sent, Wire } from "./history.js";
import { WAKE_MS_MAX } from "./judge.js";
import type { TortureProcess } from "./process.js";
import { WIRES } from "./wires.js";

export interface ProbeParts {
  readonly processes: readonly TortureProcess[];
  readonly database: TortureDatabase;
  readonly room: string;
  readonly random: Random;
  readonly sent: Sent[];
  readonly acks: Ack[];
  readonly onTrouble: (text: string) => void;
}

/** For all of it: to park everywhere, to be heard of by everybody, and to be woken. */
const PROBE_MS_MAX = 40_000;
const NAMES: readonly Wire[] = ["poll", "sse", "ws"];

/** All processes must run, and nobody else may write: a later row would wake whom the first one did not. */
export async function probe(parts: ProbeParts): Promise<readonly Probe[]> {
  const { processes, room, random, sent, acks } = parts;
  const sender = processes[random.whole(0, processes.length - 1)] as TortureProcess;
  const { next } = pollBody(await call(`${sender.url}/poll?room=${room}&since=now&wait=0`));
  const one: Sent = { nonce: `quiet-${sent.length}`, room, text: "Is anybody there?", begunAt: 0 };
  const waiting = await Promise.all(
    processes.flatMap((at) => NAMES.map((wire) => wait(at, wire, room, next, one.nonce))),
  );
  await Promise.all(processes.map(({ url }) => hasReadAll(url)));
  // The connections that hear of rows, of which each process has made its own now that somebody waits there.
  await parts.database.isListenedTo(processes.length).catch((error: unknown) => {
    for (const { leave } of waiting) leave();
    throw error;
  });

  sent.push({ ...one, begunAt: performance.now() });
  const form = { name: "Probe", room, text: one.text, nonce: one.nonce };
  const answer = await call(`${sender.url}/send`, { form });
  const ackedAt = nowMs();
  if (answer.status !== 201) {
    parts.onTrouble(`a send into a quiet room was answered ${answer.status}: ${answer.text}`);
    for (const { leave } of waiting) leave();
    return [];
  }
  acks.push({ nonce: one.nonce, id: idOf(answer), status: 201, at: performance.now(), isRetry: false });
  return await Promise.all(
    waiting.map(async ({ at, wire, woken, leave }) => {
      const deadline = setTimeout(leave, WAKE_MS_MAX + 500);
      const wokenAt = await woken;
      clearTimeout(deadline);
      const wakeMs = wokenAt === null ? null : Math.max(0, wokenAt - ackedAt);
      return { wire, isSameProcess: at === sender, wakeMs };
    }),
  );
}

interface Waiting {
  readonly at: TortureProcess;
  readonly wire: Wire;
  /** When the row came; null: it had not when the reader left. */
  readonly woken: Promise<number | null>;
  leave(): void;
}

/** Resolves when the reader waits there, as far as it is told. */
async function wait(
  at: TortureProcess,
  wire: Wire,
  room: string,
  next: string,
  nonce: string,
): Promise<Waiting> {
  const end = new AbortController();
  const leave = () => end.abort();
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const woken = new Promise<number | null>((resolve) => {
    const deadline = setTimeout(leave, PROBE_MS_MAX);
    let cursor = next;
    WIRES[wire]({
      url: at.url,
      rooms: [room],
      limit: 10,
      cursor: () => cursor,
      signal: end.signal,
      onOpen: open,
      keep(came) {
        cursor = came.next;
        if (!came.messages.some((message) => message.nonce === nonce)) return true;
        resolve(nowMs());
        leave();
        return false;
      },
    })
      .catch(() => {})
      .finally(() => {
        clearTimeout(deadline);
        open();
        resolve(null);
      });
  });
  if (wire === "poll") open();
  await opened;
  return { at, wire, woken, leave };
}
