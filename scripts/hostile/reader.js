// A client that polls for ever: keeps its cursor, waits as it is told, comes back when its connection is gone, and counts
// what it got twice or not at all.
import { connect } from "node:net";
import { answerIn } from "../../benchmarks/load/answers.js";

/** A client that is told nothing comes back within this, at random. */
const AWAY_MS = 3000;

export class Reader {
  /** The number of the newest message that it has: texts are `number 7`. */
  number = 0;
  doubled = 0;
  lost = 0;
  /** What it was last told to wait, in ms. */
  retryMs = null;
  /** Connected and asked, with no answer since. */
  isAsking = false;
  empties = 0;
  failures = 0;
  /** When it connected last, as performance.now() says. */
  connectedAt = 0;
  #port;
  #since;
  #socket = null;
  #rest = "";
  #isOver = false;

  constructor(port, since) {
    this.#port = port;
    this.#since = since;
  }

  go() {
    if (this.#isOver) return;
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    this.#rest = "";
    let wasTold = false;
    socket.setEncoding("latin1");
    socket.once("connect", () => {
      this.connectedAt = performance.now();
      this.#ask();
    });
    socket.on("data", (text) => {
      wasTold = this.#read(text);
    });
    socket.on("error", () => {
      this.failures += 1;
    });
    socket.once("close", () => {
      this.isAsking = false;
      const waitMs = wasTold && this.retryMs !== null ? this.retryMs : 100 + Math.random() * AWAY_MS;
      setTimeout(() => this.go(), waitMs);
    });
  }

  end() {
    this.#isOver = true;
    this.#socket?.resetAndDestroy();
  }

  #ask() {
    this.isAsking = true;
    this.#socket.write(`GET /poll?since=${this.#since}&wait=45 HTTP/1.1\r\nHost: chat\r\n\r\n`);
  }

  /** Whether the answer said that the connection ends. */
  #read(text) {
    this.#rest += text;
    // What was sent got lost on the way, and the server gave up: it has no length.
    if (this.#rest.startsWith("HTTP/1.1 408")) return false;
    const answer = answerIn(this.#rest);
    if (!answer) return false;
    this.#rest = this.#rest.slice(answer.end);
    this.isAsking = false;
    if (answer.status !== 200) throw new Error(`a poll was answered with ${answer.status}`);
    const { messages, next, retry, reset } = JSON.parse(answer.body);
    if (reset) throw new Error(`a reset: ${reset.reason}`);
    this.#since = next;
    for (const message of messages) this.#hear(message.text);
    if (messages.length === 0) this.empties += 1;
    this.retryMs = retry;
    if (/\r\nconnection: close\r\n/i.test(answer.head)) return true;
    if (retry > 0) setTimeout(() => this.#socket.destroyed || this.#ask(), retry);
    else this.#ask();
    return false;
  }

  #hear(text) {
    const number = Number(/^number (\d+)$/.exec(text)?.[1]);
    if (!number) return;
    if (number <= this.number) this.doubled += 1;
    else {
      this.lost += number - this.number - 1;
      this.number = number;
    }
  }
}
