/** A SQLite database with a little of everything, moves of it to PostgreSQL, and what is there then. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import { type Moved, type MoveOptions, moveToPostgres } from "../../src/store/move.js";
import { TABLES } from "../../src/store/move-tables.js";
import { openSqlite } from "../../src/store/sqlite.js";
import { ask } from "./ask.js";
import { makeFolder } from "./server.js";
import { freshDatabase } from "./shared-postgres.js";

/** Two users, of whom one has signed out; a room; a ban, a mute that was lifted, a moderator, a code; pruned and removed messages. */
const A_LITTLE_OF_ALL = `
  INSERT INTO users (name, folded, seen_at) VALUES ('Ana', 'ana', 5), ('Ben', 'ben', 0), ('gone', 'gone', 0);
  DELETE FROM users WHERE name = 'gone';
  INSERT INTO rooms (name, title, closed, created_by, slow_s) VALUES ('garden', 'Garden', 1, 1, 30);
  INSERT INTO sessions VALUES (x'00ff', '{"a":1}', 9000000000000), (x'00fe', '{}', 1);
  INSERT INTO control (kind, subject) VALUES ('ban', 'user 2');
  INSERT INTO restrictions (kind, subject_kind, subject, until, created_by) VALUES ('mute', 'name', 'x', 1, 'owner'), ('ban', 'user', '2', NULL, 'owner');
  DELETE FROM restrictions WHERE kind = 'mute';
  INSERT INTO moderators VALUES (1, 'Ana', 7);
  INSERT INTO moderator_codes VALUES (x'0102', 'for Ben', 9000000000000);
  INSERT INTO audit (actor, action, subject) VALUES ('owner', 'ban', 'user 2');
  INSERT INTO pruned VALUES ('garden', 2), ('lobby', 1);
  INSERT INTO pruned_nonces VALUES (10, 'n:1', 'old'), (9, 'n:1', 'older');
  INSERT INTO messages (room, author_name, text, author_id, nonce, data, at) VALUES
    ('lobby', 'Ana', 'one', 1, 'n1', NULL, 1000), ('garden', 'Ana', 'two 😀', 'host-1', NULL, '{"x":1}', 1001),
    ('lobby', 'Ben', 'to be removed', 2, NULL, NULL, 1002), ('lobby', 'cron', 'four', '7', NULL, 'not JSON', 1003);
  INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', '', '', 'delete', 3);
  INSERT INTO messages (room, author_name, text) VALUES ('lobby', 'Ana', 'the newest, deleted');
  DELETE FROM messages WHERE id = 6;
  INSERT INTO nonces VALUES ('n:1', 'n1', 1), ('a:Ω', 'n2', 2), ('a:z', 'N1', 4);
`;

export interface Moving {
  readonly path: string;
  readonly epoch: string;
  /** Another program at the SQLite file. */
  change(sql: string): void;
  move(url: string, options?: Partial<MoveOptions>): Promise<Moved>;
  /** Another file that is the same. */
  twin(): Moving;
}

/** A log with a little of everything, and `more`; gone when the test ends. */
export async function aLog(more = ""): Promise<Moving> {
  const folder = makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "parkbench.db");
  await (await openSqlite({ path })).close();
  const log = movingOf(path);
  log.change(A_LITTLE_OF_ALL + more);
  return log;
}

function movingOf(path: string): Moving {
  return {
    path,
    get epoch() {
      const db = new Database(path);
      const epoch = db.prepare("SELECT epoch FROM log").pluck().get();
      db.close();
      return String(epoch);
    },
    change(sql) {
      const db = new Database(path);
      try {
        db.exec(sql);
      } finally {
        db.close();
      }
    },
    move: (url, options) =>
      moveToPostgres({ path, url, isAhead: false, isStopped: false, tell: () => {}, ...options }),
    twin() {
      cpSync(path, `${path}.twin`);
      return movingOf(`${path}.twin`);
    },
  };
}

/** Empty, of an ordinary role, and sorting as people do, not by bytes. */
export async function ordinaryDatabase(): Promise<string> {
  const url = new URL(await freshDatabase());
  const name = `${url.pathname.slice(1)}_ordinary`;
  const how = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'";
  await ask(url.href, `CREATE ROLE ${name} LOGIN`);
  await ask(url.href, `CREATE DATABASE ${name} OWNER ${name} ${how}`);
  url.pathname = name;
  url.username = name;
  return url.href;
}

/** All that was moved, and what decides how it goes on. */
export async function allOf(url: string): Promise<Record<string, unknown>> {
  const rows = (from: string) =>
    `(SELECT jsonb_agg(to_jsonb(t) ORDER BY md5(to_jsonb(t)::text) COLLATE "C") FROM ${from} AS t)`;
  const from: Record<string, string> = Object.fromEntries(TABLES.map(({ name }) => [name, name]));
  from.log = "(SELECT epoch, newest, control_newest FROM log)";
  from.next = "(SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public')";
  from.triggers = "(SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O')";
  const [all] = await ask(
    url,
    `SELECT ${Object.entries(from).map(([name, of]) => `${rows(of)} AS ${name}`)}`,
  );
  return all ?? {};
}
