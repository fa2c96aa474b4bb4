/** Stand-ins for XMLHttpRequest, EventSource and WebSocket: the test is the server. */
import type { FakeClock } from "./client-clock.js";

export interface Wire {
  readonly path: string;
  readonly query: URLSearchParams;
  /** A POST's fields. */
  readonly form: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** By the window's clock. */
  readonly at: number;
  isOver: boolean;
  /** Answers a request. */
  answer(status: number, body: object | string, headers?: Record<string, string>): void;
  /** One frame of a socket, or one event of a stream. */
  frame(data: object | string, id?: string): void;
  /** Ends it without a word, as a cut cable would. */
  cut(code?: number): void;
}

type Made = Wire & { form: URLSearchParams };

export function fakeXhr(wires: Wire[], clock: FakeClock): unknown {
  return class {
    readyState = 0;
    status = 0;
    responseText = "";
    onreadystatechange: () => void = () => {};
    #answered: Record<string, string> = {};
    readonly #headers: Record<string, string> = {};
    #wire: Made | null = null;

    open(_method: string, address: string): void {
      const finish = (status: number, text: string, headers: Record<string, string>) => {
        if (!this.#wire || this.#wire.isOver) throw new Error(`${address} is over`);
        this.#wire.isOver = true;
        this.#answered = headers;
        Object.assign(this, { readyState: 4, status, responseText: text });
        this.onreadystatechange();
      };
      this.#wire = {
        ...wireOf(address, this.#headers, clock),
        answer: (status, body, headers = {}) =>
          finish(status, typeof body === "string" ? body : JSON.stringify(body), headers),
        cut: () => finish(0, "", {}),
      };
    }
    setRequestHeader(name: string, value: string): void {
      this.#headers[name] = value;
    }
    getResponseHeader(name: string): string | null {
      return this.#answered[name] ?? null;
    }
    send(form: string | null): void {
      if (!this.#wire) return;
      this.#wire.form = new URLSearchParams(form ?? "");
      wires.push(this.#wire);
    }
    abort(): void {
      if (this.#wire) this.#wire.isOver = true;
    }
  };
}

export function fakeEventSource(wires: Wire[], clock: FakeClock): unknown {
  return class {
    onmessage: (event: object) => void = () => {};
    onerror: () => void = () => {};
    readonly #wire: Made;

    constructor(address: string) {
      this.#wire = {
        ...wireOf(address, {}, clock),
        frame: (data, id = "") => this.onmessage({ data: textOf(data), lastEventId: id }),
        cut: () => this.onerror(),
      };
      wires.push(this.#wire);
    }
    close(): void {
      this.#wire.isOver = true;
    }
  };
}

export function fakeSocket(wires: Wire[], clock: FakeClock): unknown {
  return class {
    onmessage: (event: object) => void = () => {};
    onclose: ((event: object) => void) | null = null;
    readonly #wire: Made;

    constructor(address: string) {
      if (!address.startsWith("wss://chat.example/")) throw new Error(`not a socket's address: ${address}`);
      this.#wire = {
        ...wireOf(address, {}, clock),
        frame: (data) => this.onmessage({ data: textOf(data) }),
        cut: (code = 1006) => {
          this.#wire.isOver = true;
          this.onclose?.({ code });
        },
      };
      wires.push(this.#wire);
    }
    close(): void {
      this.#wire.isOver = true;
    }
  };
}

function wireOf(address: string, headers: Record<string, string>, clock: FakeClock): Made {
  const url = new URL(address, "https://chat.example");
  const wrong = () => {
    throw new Error(`${address} does not speak like that`);
  };
  return {
    path: url.pathname,
    query: url.searchParams,
    form: new URLSearchParams(),
    headers,
    at: clock.now,
    isOver: false,
    answer: wrong,
    frame: wrong,
    cut: wrong,
  };
}

function textOf(data: object | string): string {
  return typeof data === "string" ? data : JSON.stringify(data);
}
