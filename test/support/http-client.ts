/** One request over node:http, and all that came back. */
import { type Agent, type IncomingHttpHeaders, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as it is, as JSON. */
  readonly json?: string;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/** Rejects when the answer does not arrive whole. */
export function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const { form, json, agent, signal } = options;
  const body = json ?? (form && new URLSearchParams(form).toString());
  return new Promise((resolve, reject) => {
    const req = request(
      url,
      {
        method: options.method ?? (body === undefined ? "GET" : "POST"),
        agent: agent ?? false,
        headers: {
          ...(body !== undefined && {
            "Content-Type": json === undefined ? "application/x-www-form-urlencoded" : "application/json",
            "Content-Length": String(Buffer.byteLength(body)),
          }),
          ...options.headers,
        },
        ...(signal && { signal }),
      },
      (res) => {
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => (text += chunk));
        res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
        res.on("error", reject);
      },
    );
    req.on("error", reject);
    req.end(body);
  });
}

export interface WireMessage {
  readonly id: number;
  readonly room: string;
  readonly text: string;
  readonly nonce: string | null;
  readonly at: string;
  readonly from: { readonly id: number | null; readonly name: string };
}

export interface PollBody {
  readonly messages: readonly WireMessage[];
  readonly next: string;
  readonly more: boolean;
  readonly retry: number;
  readonly reset?: { readonly reason: string };
}

export function pollBody({ text }: Answer): PollBody {
  return JSON.parse(text) as PollBody;
}

/** The stable code of a problem answer. */
export function codeOf({ text }: Answer): unknown {
  return (JSON.parse(text) as { code?: unknown }).code;
}

export function idOf({ text }: Answer): number {
  return (JSON.parse(text) as { id: number }).id;
}
