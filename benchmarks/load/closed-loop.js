/** Keep-alive connections that each send a request, read the whole answer, check it, and send the next. */
import { connect } from "node:net";
import { answerIn } from "./answers.js";
import { questions } from "./questions.js";

/** One for all connections: an answer is looked at before the next one is read into it. */
const shared = Buffer.allocUnsafeSlow(262_144);

/** An answer that takes longer fails the run, which would hang otherwise. */
const SILENCE_MS = 20_000;

/**
 * Runs until the time or the count is over, and until every request that was sent is answered. Rejects at the first
 * answer that is not right, and when a connection ends.
 *
 * What is asked is in `params` as questions.js takes it, or given by functions:
 *
 * @param {object} params { port, connections, seconds, count, kind, path, body, headers, since, expect, bodyBytes }
 * @param {(i: number) => string} [params.requestFor] the next request of connection i
 * @param {(body: string, status: number, i: number) => void} [params.check] throws when the answer is wrong
 * @returns {Promise<{ requests: number, seconds: number, cpuUs: number, latencyMsP50: number, latencyMsP99: number }>}
 */
export async function closedLoop(params) {
  const { connections, seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY } = params;
  const { requestFor, check } = params.requestFor ? params : questions(params);
  const latencies = [];
  let started = 0;
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(params.port)));
  const cpuBefore = process.cpuUsage();
  const from = performance.now();
  const until = from + seconds * 1000;
  const isOver = () => started >= count || performance.now() >= until;
  // One timer for all: one for each request would cost more than the request.
  const looking = setInterval(() => {
    for (const connection of sockets) if (!connection.isDone) connection.look();
  }, 1000);
  try {
    await Promise.all(sockets.map(run));
  } finally {
    clearInterval(looking);
    for (const { socket } of sockets) socket.destroy();
  }
  const took = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  latencies.sort((a, b) => a - b);
  return {
    requests: latencies.length,
    seconds: took,
    cpuUs: user + system,
    latencyMsP50: percentile(latencies, 0.5),
    latencyMsP99: percentile(latencies, 0.99),
  };

  function run(connection, i) {
    return new Promise((resolve, reject) => {
      let askedAt = 0;
      const ask = () => {
        if (isOver()) {
          connection.isDone = true;
          return resolve();
        }
        started += 1;
        askedAt = performance.now();
        connection.socket.write(requestFor(i), "latin1");
      };
      connection.answered = (status, body) => {
        latencies.push(performance.now() - askedAt);
        if (status < 200 || status > 299) throw new Error(`answered with ${status}: ${body.slice(0, 300)}`);
        check(body, status, i);
        ask();
      };
      connection.failed = reject;
      connection.look = () => {
        if (performance.now() - askedAt > SILENCE_MS) reject(new Error(`no answer for ${SILENCE_MS} ms`));
      };
      ask();
    });
  }
}

function open(port) {
  return new Promise((resolve, reject) => {
    const connection = { answered() {}, failed: reject, look() {}, isDone: false, socket: null };
    let begun = "";
    const take = (bytes) => {
      const text = begun + shared.latin1Slice(0, bytes);
      const answer = answerIn(text);
      begun = answer ? "" : text;
      if (!answer) return;
      if (answer.end < text.length) throw new Error("more than one answer to one request");
      connection.answered(answer.status, answer.body);
    };
    const callback = (bytes) => {
      try {
        take(bytes);
      } catch (error) {
        connection.failed(error);
      }
      return true;
    };
    const onread = { buffer: shared, callback };
    connection.socket = connect({ port, host: "127.0.0.1", noDelay: true, onread });
    connection.socket.once("connect", () => resolve(connection));
    connection.socket.on("error", (error) => connection.failed(error));
    connection.socket.on("close", () => connection.failed(new Error("the server closed a connection")));
  });
}

/** NaN of none. */
export function percentile(sorted, part) {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
