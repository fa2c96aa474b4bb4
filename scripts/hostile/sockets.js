// Many bare connections, and a bystander who is served meanwhile or is not.
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const AT_ONCE = 200;

/** Opens `count` connections; `each` is called with every one, connected. */
export async function openMany(port, count, each = () => {}) {
  const sockets = [];
  while (sockets.length < count) {
    const some = Math.min(AT_ONCE, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => open(port, each)))));
  }
  return sockets;
}

export function open(port, each = () => {}) {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      // From here on, an error is one of the ways in which it goes.
      socket.on("error", () => {});
      each(socket);
      done(socket);
    });
  });
}

export function get(path, ...headers) {
  return [`GET ${path} HTTP/1.1`, "Host: chat", ...headers, "", ""].join("\r\n");
}

/** Asks for `/healthz` and, unless it is not to, sends a message, until it is stopped; then how long they took. */
export function bystander(url, { isSending = true } = {}) {
  const health = [];
  const sends = [];
  const failed = [];
  let isOver = false;
  const running = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await timed(health, `${url}/healthz`, {}, 200);
      const body = new URLSearchParams({ name: "By", text: `bystander ${n}` });
      if (isSending) await timed(sends, `${url}/send`, { method: "POST", body }, 201);
      await sleep(100);
    }
  })();

  async function timed(times, address, options, status) {
    const began = performance.now();
    try {
      const answer = await fetch(address, options);
      const text = await answer.text();
      if (answer.status !== status) failed.push(`${answer.status}: ${text.slice(0, 120)}`);
    } catch (error) {
      failed.push(`${error.cause ?? error}`);
    }
    times.push(performance.now() - began);
  }

  return async () => {
    isOver = true;
    await running;
    return { health: spread(health), sends: spread(sends), failed };
  };
}

/** Median and worst, in ms. */
export function spread(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const round = (ms) => Math.round(ms * 10) / 10;
  return {
    count: sorted.length,
    medianMs: round(sorted[sorted.length >> 1] ?? 0),
    worstMs: round(sorted.at(-1) ?? 0),
  };
}

/** Until it is so; looks ten times a second. Rejects after `giveUpS`. */
export async function until(isThere, what, giveUpS = 120) {
  const began = performance.now();
  while (!(await isThere())) {
    if (performance.now() - began > giveUpS * 1000) throw new Error(`did not come in ${giveUpS} s: ${what}`);
    await sleep(100);
  }
  return (performance.now() - began) / 1000;
}
