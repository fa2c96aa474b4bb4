/** The wire format as a client reads it: a message, an answer with rows, a problem; and nothing that is none of these. */
import { ChatError } from "./errors.js";

/** A row of the log. Kinds other than `message` are the host's; pass over those you do not know. */
export interface Message {
  readonly id: number;
  readonly room: string;
  readonly kind: string;
  /** `id` is null for a one-shot author and for another program's row. */
  readonly from: { readonly id: number | string | null; readonly name: string };
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly nonce: string | null;
  readonly data?: Readonly<Record<string, unknown>>;
  /** The id of the message that this one is about. */
  readonly ref?: number;
}

/** A poll's answer, and a WebSocket's frame with rows. */
export interface Answer {
  readonly messages: readonly Message[];
  readonly next: string;
  readonly more: boolean;
  readonly retry: number;
  readonly reset?: { readonly reason: string };
}

/** Any JSON text as an object; what a proxy says instead is `garbled`. */
export function objectIn(text: string, status: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, with what came.
  }
  const start = text.slice(0, 80).replace(/[^\x20-\x7e]+/g, " ");
  throw new ChatError(status, "garbled", `Not an answer of Parkbench (status ${status}): ${start}`);
}

export function answerIn(value: Record<string, unknown>, status = 200): Answer {
  const { messages, next, more, retry } = value;
  const isAnswer = Array.isArray(messages) && messages.every(isMessage) && isCursor(next);
  if (!isAnswer) throw new ChatError(status, "garbled", "The answer lacks messages or a cursor.");
  return {
    ...(value as unknown as Answer),
    more: more === true,
    retry: typeof retry === "number" && retry > 0 ? retry : 0,
  };
}

export function isMessage(value: unknown): value is Message {
  return Number.isSafeInteger((value as { id?: unknown } | null)?.id);
}

export function isCursor(value: unknown): value is string {
  return typeof value === "string" && /^(0|[1-9][0-9]{0,15})(-[A-Za-z0-9]{4,8})?$/.test(value);
}

/** What stands in place of an answer, by its status: the server's problem, or a proxy's page. */
export function problemIn(text: string, status: number): ChatError {
  try {
    const { code, detail } = objectIn(text, status);
    if (typeof code === "string") return new ChatError(status, code, String(detail ?? ""));
  } catch (error) {
    if (error instanceof ChatError) return error;
  }
  return new ChatError(status, "garbled", `Not an answer of Parkbench (status ${status}).`);
}
