/** The one connection that a reader has, in the test's hand: it can be held, cut and closed. */
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { Place } from "./reader.js";

/** What can be done to a connection. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Ends with a RST. */
  reset(): void;
  close(): void;
}

export class Line {
  #flow: Flow | null = null;
  #isHeld = false;
  #onRelease: (() => void)[] = [];

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** The connection that everything is done to from now on. */
  use(flow: Flow): void {
    this.#flow = flow;
  }

  cut(): void {
    this.#flow?.reset();
  }

  close(): void {
    this.#flow?.close();
  }

  hold(): void {
    this.#isHeld = true;
    this.#flow?.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#flow?.resume();
    for (const go of this.#onRelease.splice(0)) go();
  }

  flowing(): Promise<void> {
    return this.#isHeld ? new Promise((go) => this.#onRelease.push(go)) : Promise.resolve();
  }

  /** A GET, its body as it comes; resolves when it has come whole, rejects when not, or not with 200. */
  get(
    url: string,
    headers: Readonly<Record<string, string>>,
    onText: (text: string) => void,
  ): Promise<IncomingHttpHeaders> {
    return new Promise((resolve, reject) => {
      let response: IncomingMessage | null = null;
      const req = request(url, { agent: false, headers }, (res) => {
        response = res;
        let refusal = "";
        res.setEncoding("utf8");
        res.on("data", (text: string) => {
          if (res.statusCode === 200) onText(text);
          else refusal += text;
        });
        res.on("end", () =>
          res.statusCode === 200 ? resolve(res.headers) : reject(new Error(`${res.statusCode} ${refusal}`)),
        );
        res.on("error", reject);
        if (this.#isHeld) res.pause();
      });
      req.on("error", reject);
      req.end();
      this.use({
        pause: () => void response?.pause(),
        resume: () => void response?.resume(),
        reset: () => void (req.socket ? req.socket.resetAndDestroy() : req.destroy()),
        close: () => void req.destroy(),
      });
    });
  }
}

/** What a place adds to the request: the cookie. */
export function headersOf({ member }: Place): Record<string, string> {
  return member ? { cookie: member.cookie } : {};
}
