// The built server with one promise broken, by its name: for the torture run to see that it is.
// The program itself is `dist/server.js`, as it is; the fault is put around its log or its encoder from here.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import Database from "better-sqlite3";
import pg from "pg";
import { WakeQueue } from "../../dist/core/wake-queue.js";
import { PollEncoder } from "../../dist/http/encode.js";
import { PollAnswer } from "../../dist/http/whole-answer.js";
import { PostgresMessageLog } from "../../dist/store/messages-postgres.js";
import { SqliteMessageLog } from "../../dist/store/messages-sqlite.js";
import { senderOf } from "../../dist/store/sender.js";

const url = process.env.DATABASE_URL;
const isOnPostgres = url.startsWith("postgres");
const log = (isOnPostgres ? PostgresMessageLog : SqliteMessageLog).prototype;
/** Rare enough that not everything is wrong. */
const oneIn = (n) => Math.random() < 1 / n;

const FAULTS = {
  /** Acknowledges what is written a moment later, under the id that it will have, most likely. */
  "answer-before-commit"() {
    const { append, newest, recall } = log;
    log.append = async function (draft) {
      if ((await recall.call(this, draft)) !== null) return append.call(this, draft);
      const id = (await newest.call(this)) + 1;
      setTimeout(() => append.call(this, draft).catch(() => {}), 20);
      const { room, author, text, nonce = null } = draft;
      const message = {
        id,
        room,
        kind: "message",
        from: author,
        text,
        at: Date.now(),
        nonce,
        data: null,
        ref: null,
      };
      return { outcome: "appended", message };
    };
  },

  /** Looks the nonce up first, and adds the row in another transaction. */
  "non-atomic-nonce"() {
    const { recall } = log;
    log.append = async function (draft) {
      const known = await recall.call(this, draft);
      if (known !== null) return known;
      await new Promise((done) => setTimeout(done, 20));
      return { outcome: "appended", message: await insert(draft) };
    };
  },

  "swapped-rows": () => changeRows((rows) => [rows[1], rows[0], ...rows.slice(2)]),
  "skipped-row": () => changeRows((rows) => rows.slice(1)),
  "row-twice": () => changeRows((rows) => [rows[0], ...rows]),

  /** Every second reader that a row concerns is forgotten until its time is over, and no later row wakes it. */
  "lost-wake-up"() {
    const { push } = WakeQueue.prototype;
    let pushed = 0;
    WakeQueue.prototype.push = function (member) {
      pushed += 1;
      if (pushed % 2 === 0) push.call(this, member);
    };
  },

  /** No ring is heard by anybody: rows are found by the safety re-read alone. */
  "mute-bell"() {
    log.onChange = () => () => {};
  },

  /** PostgreSQL is not asked to tell the other processes; they find rows by the safety re-read alone. */
  "lost-notify": loseNotify,

  /** The same, and nobody looks at the log by himself. */
  "lost-notify-no-look"() {
    loseNotify();
    const { setInterval } = globalThis;
    const idle = () => {};
    globalThis.setInterval = (job, ms, ...given) =>
      setInterval(LOOKS_MS.includes(ms) ? idle : job, ms, ...given);
  },

  /** Signs with a secret that no other process has. */
  "forgotten-session"() {
    process.env.SESSION_SECRET = randomBytes(16).toString("hex");
  },

  /** The template of a message writes its text as it is. */
  "unescaped-page"() {
    const { readFileSync } = fs;
    fs.readFileSync = (...given) => {
      const read = readFileSync(...given);
      return String(given[0]).endsWith("_message.eta")
        ? read.replace("<%= removed ?", "<%~ removed ?")
        : read;
    };
    syncBuiltinESMExports();
  },

  /** A text's quotation marks reach a poll and a frame as they are. */
  "unescaped-json"() {
    const { rows } = PollEncoder.prototype;
    PollEncoder.prototype.rows = function (...given) {
      const text = rows.apply(this, given).body.toString();
      return new PollAnswer(Buffer.from(text.replaceAll('\\"', '"')));
    };
  },
};

/** How often the watch looks at the end of the log, and the bell of PostgreSQL at itself. */
const LOOKS_MS = [500, 1000];

function loseNotify() {
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (asked, ...given) {
    const isNotify = typeof asked === "string" && asked.includes("NOTIFY");
    return query.call(this, isNotify ? "SELECT 1" : asked, ...given);
  };
}

function changeRows(change) {
  const { since } = log;
  log.since = async function (...given) {
    const batch = await since.apply(this, given);
    if (batch.messages.length < 2 || !oneIn(5)) return batch;
    return { ...batch, messages: Object.freeze(change(batch.messages)) };
  };
}

let own;

/** By a connection of its own: the log's would not add a nonce twice. */
async function insert({ room, author, text, nonce }) {
  const at = Date.now();
  const row = { room, kind: "message", from: author, text, at, nonce, data: null, ref: null };
  const id = isOnPostgres ? await insertIntoPostgres(row) : insertIntoSqlite(row);
  return { id, ...row };
}

async function insertIntoPostgres({ room, from, text, nonce }) {
  own ??= new pg.Pool({ connectionString: url, max: 4 });
  const { rows } = await own.query(
    "INSERT INTO messages (room, author_name, text, author_id, nonce) VALUES ($1, $2, $3, $4, $5) RETURNING id",
    [room, from.name, text, from.id, nonce],
  );
  const id = Number(rows[0].id);
  await own.query(
    "INSERT INTO nonces (sender, nonce, message_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [senderOf(from), nonce, id],
  );
  return id;
}

function insertIntoSqlite({ room, from, text, at, nonce }) {
  own ??= new Database(url, { timeout: 2000 });
  const { lastInsertRowid } = own
    .prepare("INSERT INTO messages (room, author_name, text, author_id, nonce, at) VALUES (?, ?, ?, ?, ?, ?)")
    .run(room, from.name, text, from.id, nonce, at);
  const id = Number(lastInsertRowid);
  own
    .prepare("INSERT OR IGNORE INTO nonces (sender, nonce, message_id) VALUES (?, ?, ?)")
    .run(senderOf(from), nonce, id);
  return id;
}

const [, , fault] = process.argv;
if (!Object.hasOwn(FAULTS, fault)) throw new RangeError(`The faults are ${Object.keys(FAULTS).join(", ")}`);
FAULTS[fault]();
await import("../../dist/server.js");
