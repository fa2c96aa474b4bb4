/** A page's globals for the built browser client, over the network of this process: XMLHttpRequest, WebSocket, EventSource. */
import { Agent, type ClientRequest, request } from "node:http";
import { createContext, runInContext } from "node:vm";
import { EventSource } from "eventsource";
import { WebSocket } from "ws";

export interface Page {
  run(code: string): unknown;
  /** Ends what a browser would end with the page. */
  close(): void;
}

/** A page of `origin` with the client loaded. */
export function openPage(client: string, origin: string): Page {
  const agent = new Agent({ keepAlive: true });
  const timers = new Set<NodeJS.Timeout>();
  const sockets = new Set<WebSocket>();
  class PageSocket extends WebSocket {
    constructor(address: string) {
      super(address, { origin });
      // A page need not listen to it.
      this.on("error", () => {});
      sockets.add(this);
      this.once("close", () => sockets.delete(this));
    }
  }
  const nothing = () => {};
  const globals: Record<string, unknown> = {
    setTimeout: (run: () => void, ms: number) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      timers.add(timer);
      return Number(timer);
    },
    clearTimeout,
    location: { protocol: "http:", host: new URL(origin).host },
    addEventListener: nothing,
    document: { readyState: "complete", hidden: false, addEventListener: nothing },
    XMLHttpRequest: xhr(agent, origin),
    WebSocket: PageSocket,
    EventSource,
  };
  const context = createContext(globals);
  globals.window = context;
  runInContext(client, context);
  return {
    run: (code) => runInContext(code, context),
    close() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.terminate();
      agent.destroy();
    },
  };
}

/** As much of XMLHttpRequest as a client in the oldest style uses. Connections are kept, as browsers do. */
function xhr(agent: Agent, origin: string): new () => object {
  return class {
    readyState = 0;
    status = 0;
    responseText = "";
    onreadystatechange: (() => void) | null = null;
    #method = "";
    #address = "";
    readonly #headers: Record<string, string> = {};
    #answered: Readonly<Record<string, unknown>> = {};
    #req: ClientRequest | null = null;

    open(method: string, address: string): void {
      this.#method = method;
      this.#address = address;
    }

    setRequestHeader(name: string, value: string): void {
      this.#headers[name] = value;
    }

    getResponseHeader(name: string): string | null {
      const value = this.#answered[name.toLowerCase()];
      return value === undefined ? null : String(value);
    }

    send(body: string | null): void {
      const length = body === null ? {} : { "Content-Length": Buffer.byteLength(body), Origin: origin };
      const req = request(this.#address, {
        method: this.#method,
        headers: { ...this.#headers, ...length },
        agent,
      });
      this.#req = req;
      req.on("response", (res) => {
        this.#answered = res.headers;
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => (text += chunk));
        res.on("end", () => this.#end(res.statusCode ?? 0, text));
        res.on("error", () => this.#end(0, ""));
      });
      req.on("error", () => this.#end(0, ""));
      req.end(body ?? undefined);
    }

    abort(): void {
      this.onreadystatechange = null;
      this.#req?.destroy();
    }

    #end(status: number, text: string): void {
      this.status = status;
      this.responseText = text;
      this.readyState = 4;
      this.onreadystatechange?.();
    }
  };
}
