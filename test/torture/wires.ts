/** The three transports, as plainly as they can be read: what has come whole is handed on, and nothing is repaired. */
import { type Agent, request } from "node:http";
import { WebSocket } from "ws";
import { call, type PollBody, pollBody } from "../support/http-client.js";
import { eventsIn, type SentEvent } from "../support/sse-reader.js";
import type { Wire } from "./history.js";

export type Came = Pick<PollBody, "messages" | "next" | "reset">;

export interface Leg {
  /** The process, by way of its hop or past it. */
  readonly url: string;
  readonly rooms: readonly string[];
  readonly limit: number;
  readonly cursor: () => string;
  readonly agent?: Agent | undefined;
  /** Ends the leg, in the middle of whatever comes. */
  readonly signal: AbortSignal;
  /** Hands on what has come; false: it is lost on its way, and the leg is over. */
  readonly keep: (came: Came) => boolean;
  /** Called when the server has said that it waits for rows, where it says so. */
  readonly onOpen?: () => void;
  /** The cursor is in the header that an EventSource sends, and the address has an old one. */
  readonly hasLastEventId?: boolean;
}

/** Each resolves when its leg is over, and rejects when somebody else has cut it off. */
export const WIRES: Readonly<Record<Wire, (leg: Leg) => Promise<void>>> = { poll, sse, ws };

async function poll(leg: Leg): Promise<void> {
  while (!leg.signal.aborted) {
    const address = `${leg.url}/poll?${queryOf(leg)}&wait=20`;
    const answer = await call(address, { ...(leg.agent && { agent: leg.agent }), signal: leg.signal });
    if (answer.status !== 200)
      throw new UnexpectedAnswer(`with ${answer.status}, ${answer.text}`, answer.status);
    if (!leg.keep(parsed(() => pollBody(answer)))) return;
  }
}

function sse(leg: Leg): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = leg.hasLastEventId ? { "Last-Event-ID": leg.cursor() } : {};
    const address = `${leg.url}/events?${queryOf(leg, leg.hasLastEventId ? "0" : leg.cursor())}`;
    const req = request(address, { agent: leg.agent ?? false, headers, signal: leg.signal }, (res) => {
      if (res.statusCode !== 200)
        return reject(new UnexpectedAnswer(`with ${res.statusCode} (events)`, res.statusCode));
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (part: string) => {
        text += part;
        // Only whole events: the last one may still be on its way.
        const end = text.lastIndexOf("\n\n") + 2;
        try {
          if (end >= 2 && !parsed(() => eventsIn(text.slice(0, end))).every(take)) req.destroy();
        } catch (error) {
          reject(error);
          req.destroy();
        }
        text = text.slice(Math.max(0, end));
      });
      res.on("end", resolve);
      res.on("error", reject);
    });
    req.on("error", reject);
    req.end();
  });

  function take({ type, id, data }: SentEvent): boolean {
    const isRow = data.id !== undefined;
    if (type === "hello") leg.onOpen?.();
    return leg.keep(isRow ? { messages: [data], next: id ?? "" } : { ...data, next: id ?? data.next });
  }
}

function ws(leg: Leg): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${leg.url.replace("http", "ws")}/ws?${queryOf(leg)}`);
    let isOver = false;
    const leave = () => {
      // Frames that came in one part are still told of.
      isOver = true;
      socket.terminate();
    };
    leg.signal.addEventListener("abort", leave, { once: true });
    socket.on("message", (text) => {
      if (isOver) return;
      try {
        if (!leg.keep(parsed(() => JSON.parse(String(text)) as Came))) return leave();
      } catch (error) {
        reject(error);
        return leave();
      }
      leg.onOpen?.();
    });
    socket.on("unexpected-response", (_req, res) =>
      reject(new UnexpectedAnswer(`with ${res.statusCode} (ws)`, res.statusCode)),
    );
    socket.on("error", reject);
    socket.on("close", (code) => {
      leg.signal.removeEventListener("abort", leave);
      if (isOver || code === 1000 || code === 1012) resolve();
      else reject(new Error(`closed with ${code}`));
    });
  });
}

/** An answer that no reader should ever get, whatever happens to the connection. */
export class UnexpectedAnswer extends Error {
  readonly status: number;

  constructor(message: string, status = 0) {
    super(message);
    this.status = status;
  }
}

/** What has come whole, and cannot be read all the same. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UnexpectedAnswer(`with what is no JSON: ${String(error)}`);
  }
}

function queryOf({ rooms, limit, cursor }: Leg, since = cursor()): string {
  return `since=${since}&limit=${limit}&${rooms.map((room) => `room=${room}`).join("&")}`;
}
