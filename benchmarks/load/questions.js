/** What a closed loop asks, in a form that can be sent to another process, and what makes an answer right. */
import { randomBytes } from "node:crypto";

/** 12 bytes are 16 letters without a rest, so that one long text can be cut. */
const NONCE_BYTES = 12;
const NONCE_CHARS = 16;
const NONCES_AT_ONCE = 200_000;

const KINDS = { send: sends, poll: polls, get: gets };

/**
 * `kind` says what, with `path`, and for a "send" `body`: "{nonce}" in it
 * becomes one never used before, "{since}" in the path of a "poll" the cursor of the answer before (first: `since`).
 * `expect` must be in every body. `headers` are lines for all, or one entry for each connection; so are the `path` and
 * `bodyBytes` of a "get". Nonces are random, as clients make them, or with `nonces: "counted"` a prefix and a number.
 */
export function questions(params) {
  if (!Object.hasOwn(KINDS, params.kind)) throw new Error(`closedLoop knows no kind "${params.kind}"`);
  return KINDS[params.kind](params);
}

function sends({ port, path, body: template, headers, expect = "", nonces: kind }) {
  const nonces = [];
  // Always as long, so that the head is made once.
  const nextNonce = kind === "counted" ? countedNonces() : randomNonces();
  const length = Buffer.byteLength(template.replaceAll("{nonce}", nextNonce()));
  const heads = lazily((i) =>
    head("POST", path, port, [
      "Content-Type: application/json",
      `Content-Length: ${length}`,
      ...linesFor(headers, i),
    ]),
  );
  return {
    requestFor(i) {
      nonces[i] = nextNonce();
      return heads(i) + template.replaceAll("{nonce}", nonces[i]);
    },
    check: (body, _status, i) => mustHold(body, expect.replaceAll("{nonce}", nonces[i])),
  };
}

function countedNonces() {
  const prefix = randomBytes(9).toString("base64url");
  let made = 0;
  return () => `${prefix}${(made++).toString(36).padStart(8, "0")}`;
}

/** Made before the first send, and more only when they run out: making one would cost more than the send. */
function randomNonces() {
  const make = () => randomBytes(NONCES_AT_ONCE * NONCE_BYTES).toString("base64url");
  let pool = make();
  let at = 0;
  return () => {
    if (at === pool.length) {
      pool = make();
      at = 0;
    }
    at += NONCE_CHARS;
    return pool.slice(at - NONCE_CHARS, at);
  };
}

/** Follows the cursor. The ids of one room without other writers have no holes, so the rows can be counted. */
function polls({ port, path, headers, since, expect = "" }) {
  const cursors = [];
  return {
    requestFor(i) {
      cursors[i] ??= since;
      return head("GET", path.replaceAll("{since}", cursors[i]), port, linesFor(headers, i));
    },
    check(body, _status, i) {
      mustHold(body, expect);
      const next = /"next":"([^"]+)"/.exec(body)?.[1];
      if (next === undefined) throw new Error(`an answer without a cursor: ${body.slice(0, 300)}`);
      const rows = body.split('"kind":').length - 1;
      const moved = Number.parseInt(next, 10) - Number.parseInt(cursors[i], 10);
      if (rows !== moved) throw new Error(`${rows} rows between ${cursors[i]} and ${next}`);
      cursors[i] = next;
    },
  };
}

function gets({ port, path, headers, expect = "", bodyBytes }) {
  const requests = lazily((i) => head("GET", oneFor(path, i), port, linesFor(headers, i)));
  return {
    requestFor: requests,
    check(body, _status, i) {
      mustHold(body, expect);
      const wanted = oneFor(bodyBytes, i);
      if (wanted !== undefined && body.length !== wanted)
        throw new Error(`${body.length} bytes where ${wanted} were expected: ${body.slice(0, 300)}`);
    },
  };
}

/** Lines for all connections, or a list of them for each. */
const linesFor = (headers = [], i = 0) => (Array.isArray(headers[0]) ? headers[i % headers.length] : headers);

const oneFor = (given, i) => (Array.isArray(given) ? given[i % given.length] : given);

function head(method, path, port, lines) {
  return `${[`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...lines].join("\r\n")}\r\n\r\n`;
}

function lazily(make) {
  const made = [];
  return (i) => {
    made[i] ??= make(i);
    return made[i];
  };
}

function mustHold(body, expected) {
  if (!body.includes(expected)) throw new Error(`an answer without ${expected}: ${body.slice(0, 300)}`);
}
