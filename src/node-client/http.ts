/** Requests to one chat: its address, its cookies, kept connections, and time limits on all of it. */
import { Agent, type ClientRequest, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import { Cookies } from "./cookies.js";
import { Deadline } from "./deadline.js";
import { ChatError, connectionError } from "./errors.js";

export interface Whole {
  readonly status: number;
  readonly text: string;
  /** From Retry-After; null when it says nothing. */
  readonly retryAfterMs: number | null;
}

export interface Opening {
  /** Makes it a POST. */
  readonly json?: object;
  /** Default: JSON. */
  readonly accept?: string;
  /** Over a connection of its own: for what must not be tried twice. */
  readonly fresh?: boolean;
}

export interface Asking extends Opening {
  readonly signal: AbortSignal;
  /** For the whole answer. */
  readonly deadlineMs: number;
}

const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

export class Http {
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;
  readonly #cookies: Cookies;
  /** For the session of the cookies: a POST and an upgrade need it, as we send no Origin. */
  token: string | null = null;

  constructor(base: URL, headers: Readonly<Record<string, string>>, cookie: string | undefined) {
    this.#base = base;
    this.#headers = headers;
    this.#cookies = new Cookies(cookie);
    this.#agent =
      base.protocol === "https:" ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  }

  address(path: string, params?: URLSearchParams): URL {
    const url = new URL(path, this.#base);
    if (params) url.search = params.toString();
    return url;
  }

  get headers(): Record<string, string> {
    const cookie = this.#cookies.header;
    return {
      ...this.#headers,
      ...(cookie !== undefined && { Cookie: cookie }),
      ...(this.token !== null && { "X-Parkbench-Token": this.token }),
    };
  }

  /** Rejects with a `ChatError` unless a whole answer came, whatever it is. */
  async ask(url: URL, { signal, deadlineMs, ...opening }: Asking): Promise<Whole> {
    const deadline = new Deadline(signal, deadlineMs);
    try {
      return await readWhole(await this.open(url, deadline.signal, opening));
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.clear();
    }
  }

  /** Resolves with the head of the answer. The body ends with an error when the signal aborts. */
  async open(url: URL, signal: AbortSignal, opening: Opening = {}): Promise<IncomingMessage> {
    try {
      return await this.#request(url, signal, opening);
    } catch (error) {
      // A server closes a kept connection when it likes, also just now. That says nothing about it, and a GET
      // changes nothing: once more at once.
      if (!(error instanceof StaleConnection) || opening.json || signal.aborted) throw error;
      return this.#request(url, signal, { ...opening, fresh: true });
    }
  }

  /** No connection stays, and the process can end. */
  close(): void {
    this.#agent.destroy();
  }

  #request(url: URL, signal: AbortSignal, { json, accept, fresh }: Opening): Promise<IncomingMessage> {
    const body = json && JSON.stringify(json);
    const request = url.protocol === "https:" ? requestTls : requestPlain;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const startedAt = performance.now();
      const req = request(url, {
        method: body === undefined ? "GET" : "POST",
        agent: fresh ? false : this.#agent,
        signal,
        headers: {
          Accept: accept ?? "application/json",
          ...this.headers,
          ...(body !== undefined && {
            "Content-Type": "application/json",
            "Content-Length": String(Buffer.byteLength(body)),
          }),
        },
      });
      req.on("error", (error) =>
        reject(signal.aborted ? signal.reason : failureOf(req, error, performance.now() - startedAt)),
      );
      req.on("response", (res) => {
        this.#cookies.take(res.headers["set-cookie"]);
        resolve(res);
      });
      req.end(body);
    });
  }
}

/** A body up to its end, which a proxy may have made earlier than it was. */
export async function readWhole(res: IncomingMessage): Promise<Whole> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const status = res.statusCode ?? 0;
  try {
    for await (const piece of res as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > ANSWER_BYTES_MAX) throw new ChatError(status, "garbled", "The answer is too large.");
      pieces.push(piece);
    }
  } catch (error) {
    throw connectionError(error);
  }
  const retryAfterS = Number(res.headers["retry-after"] ?? Number.NaN);
  return {
    status,
    text: Buffer.concat(pieces).toString("utf8"),
    retryAfterMs: Number.isFinite(retryAfterS) ? retryAfterS * 1000 : null,
  };
}

/** So soon it shows; what is cut later was waiting for its answer. */
const STALE_MS = 1000;

/** The server had closed it before the request came. */
class StaleConnection extends ChatError {}

function failureOf(req: ClientRequest, error: Error, ageMs: number): ChatError {
  const known = connectionError(error);
  return req.reusedSocket && ageMs < STALE_MS
    ? new StaleConnection(known.status, known.code, known.detail, { cause: error })
    : known;
}
