/** A streamed answer as its bytes come: its head, its text so far, its end, and the server-sent events in it. */
import { type IncomingHttpHeaders, request } from "node:http";
import { until } from "./until.js";

export interface StreamReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All that has come so far. */
  readonly text: () => string;
  readonly isOver: () => boolean;
  /** Resolves with the whole text when the answer has ended well; rejects when it was cut. */
  readonly ended: Promise<string>;
  /** Resolves when the text matches. */
  has(pattern: RegExp | string): Promise<void>;
  leave(): void;
}

/** Resolves when the answer's head has come. */
export function openStream(
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<StreamReader> {
  return new Promise((resolve, reject) => {
    const req = request(url, { agent: false, headers, method }, (res) => {
      let text = "";
      let isOver = false;
      const ended = new Promise<string>((done, fail) => {
        res.on("end", () => done(text));
        res.on("error", fail);
      });
      ended.catch(() => {});
      res.setEncoding("utf8");
      res.on("data", (chunk: string) => (text += chunk));
      res.on("close", () => (isOver = true));
      resolve({
        status: res.statusCode ?? 0,
        headers: res.headers,
        text: () => text,
        isOver: () => isOver,
        ended,
        has: (pattern) =>
          until(
            () => (typeof pattern === "string" ? text.includes(pattern) : pattern.test(text)),
            () => `${pattern} in ${text.slice(-2000)}`,
          ),
        leave: () => void req.destroy(),
      });
    });
    req.on("error", reject);
    req.end();
  });
}

export interface SentEvent {
  readonly type: string;
  readonly id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: what came is looked at field by field
  readonly data: any;
}

/** What an EventSource would fire, and the id it would hold then. */
export function eventsIn(text: string): SentEvent[] {
  const events: SentEvent[] = [];
  for (const block of text.split("\n\n").slice(0, -1)) {
    const fields = new Map(
      block.split("\n").map((line) => /^([^:]*):? ?(.*)$/s.exec(line)?.slice(1) as [string, string]),
    );
    const data = fields.get("data");
    if (data !== undefined)
      events.push({
        type: fields.get("event") || "message",
        id: fields.get("id") ?? null,
        data: JSON.parse(data),
      });
  }
  return events;
}

/** The rows among the events, by their texts. */
export function textsIn(text: string): string[] {
  return eventsIn(text)
    .filter(({ data }) => data.id !== undefined)
    .map(({ data }) => data.text);
}
