// Thousands of readers at one server: gathered, talked to, counted.
import { setTimeout as sleep } from "node:timers/promises";
import { Reader } from "./reader.js";
import { until } from "./sockets.js";

const GROW_AT_ONCE = 200;

export class Crowd {
  readers = [];
  sent = 0;
  /** Sends that the server took none of, for now. */
  refused = 0;

  /** Resolves when `count` readers wait at the end of the log. */
  async gather(server, count) {
    const { next } = await (await fetch(`${server.url}/poll?since=now&wait=0`)).json();
    this.readers = Array.from({ length: count }, () => new Reader(server.port, next));
    for (let n = 0; n < count; n += GROW_AT_ONCE) {
      for (const reader of this.readers.slice(n, n + GROW_AT_ONCE)) reader.go();
      await until(() => this.asking >= Math.min(count, n + GROW_AT_ONCE), "all connected");
    }
    await settled(server.url);
  }

  get asking() {
    return this.readers.filter(({ isAsking }) => isAsking).length;
  }

  /** Until it is stored: refused, it is sent again when the server says, under the same nonce. */
  async send(url) {
    this.sent += 1;
    const text = `number ${this.sent}`;
    const nonce = `n${this.sent}-${Math.random().toString(36).slice(2)}`;
    for (;;) {
      const body = new URLSearchParams({ name: "Ana", text, nonce });
      const { status, headers } = await fetch(`${url}/send`, { method: "POST", body });
      if (status === 201 || status === 200) return;
      if (status !== 503) throw new Error(`a send was answered with ${status}`);
      this.refused += 1;
      await sleep(1000 * Number(headers.get("retry-after")));
    }
  }

  haveAll(giveUpS = 60) {
    return until(
      () => this.readers.every(({ number }) => number === this.sent),
      "everybody has all",
      giveUpS,
    );
  }

  /** Rows that did not come, and rows that came again, of all readers. */
  get wrong() {
    return {
      lost: this.sum(({ lost, number }) => lost + this.sent - number),
      doubled: this.sum(({ doubled }) => doubled),
    };
  }

  sum(of) {
    return this.readers.reduce((total, reader) => total + of(reader), 0);
  }

  end() {
    for (const reader of this.readers) reader.end();
  }
}

/** Answered behind all that came before. */
export async function settled(url) {
  for (let n = 0; n < 2; n += 1) await (await fetch(`${url}/healthz`)).text();
}
