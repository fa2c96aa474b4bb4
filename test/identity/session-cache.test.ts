/** A session is read once a second at most while somebody waits, and is over at once when it ends, wherever that was. */
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gate } from "../support/gate.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park } from "../support/waiting.js";

let app: Standalone;
let ana: Member;
let read: ReturnType<typeof spyOnReads>;

const spyOnReads = () => vi.spyOn(app.chat.store.sessions, "read");

beforeEach(async () => {
  app = await startStandalone();
  ana = await signIn(app.url, "Ana");
  read = spyOnReads();
});
afterEach(async () => {
  vi.restoreAllMocks();
  app.server.closeAllConnections();
  await nobodyWaits(benchOf(app));
  await app.close();
});

/** Whose the cookie is, as a send finds it: the name, or the problem. */
async function speaker(cookie = ana.cookie): Promise<unknown> {
  const form = { room: "lobby", text: "who am I?", token: ana.token };
  const answer = await call(`${app.url}/send`, { form, headers: { cookie } });
  if (answer.status !== 201) return codeOf(answer);
  const { id } = JSON.parse(answer.text) as { id: number };
  const { text } = await call(`${app.url}/history?room=lobby&limit=500`);
  const { messages } = JSON.parse(text) as { messages: { id: number; from: { name: string } }[] };
  return messages.find((message) => message.id === id)?.from.name;
}

/** Whether a poll is taken for Ana's: with `echo=0` it leaves out what she wrote, once it is hers. */
async function isAnas(): Promise<boolean> {
  const answer = await call(`${app.url}/poll?since=0&wait=0&echo=0&limit=500`, {
    headers: { cookie: ana.cookie },
  });
  return !pollBody(answer).messages.some(({ from }) => from.id === ana.user.id);
}

/** For whom the log is followed: only then are control rows heard. */
const somebodyWaits = () => park(benchOf(app), "/poll?since=now");

/** The clock stands still: nothing that is believed grows old by itself. */
function stopClock() {
  return vi.spyOn(performance, "now").mockReturnValue(performance.now());
}

async function readsOf(polls: number): Promise<number> {
  read.mockClear();
  for (let n = 0; n < polls; n++) expect(await isAnas()).toBe(true);
  return read.mock.calls.length;
}

const signOut = () =>
  call(`${app.url}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });

/** Another program on the same database. */
function withOther<T>(act: (db: Database.Database) => T): T {
  const db = new Database(app.db.name);
  try {
    return act(db);
  } finally {
    db.close();
  }
}

describe("a session that was read", () => {
  it("is believed for a second while somebody waits, and then read again", async () => {
    await speaker();
    await somebodyWaits();
    const now = stopClock();
    const startMs = performance.now();
    // A header of its own is not believed yet.
    ana = { ...ana, cookie: `${ana.cookie}; again=1` };
    expect(await readsOf(1)).toBe(1);
    expect(await readsOf(3)).toBe(0);
    now.mockReturnValue(startMs + 999);
    expect(await readsOf(1)).toBe(0);
    now.mockReturnValue(startMs + 1000);
    expect(await readsOf(3)).toBe(1);
  });

  it("is read each time while nobody waits: nothing would be heard of its end", async () => {
    await speaker();
    expect(app.chat.tail.following).toBeNull();
    expect(await readsOf(3)).toBe(3);
  });

  it("is read each time when it comes with more than 1000 characters of cookies", async () => {
    await speaker();
    await somebodyWaits();
    ana = { ...ana, cookie: `${ana.cookie}; more=${"x".repeat(1000)}` };
    expect(await readsOf(3)).toBe(3);
  });

  it("that is nobody's is read each time", async () => {
    await somebodyWaits();
    await signOut();
    read.mockClear();
    for (let n = 0; n < 3; n++) await isAnas();
    expect(read).toHaveBeenCalledTimes(3);
  });
});

describe("a session that is believed", () => {
  beforeEach(async () => {
    await speaker();
    await somebodyWaits();
    stopClock();
    await readsOf(1);
    expect(await readsOf(1)).toBe(0);
  });

  it("is nobody's right after a sign-out, for a poll and for a send", async () => {
    expect((await signOut()).status).toBe(200);
    expect(await isAnas()).toBe(false);
    expect(await speaker()).toBe("no_name");
  });

  it("has its new name right after a rename, and its old cookie is nobody's", async () => {
    const renamed = await call(`${app.url}/session`, {
      form: { name: "Ann", token: ana.token },
      headers: { cookie: ana.cookie },
    });
    expect(renamed.status).toBe(201);
    expect(await speaker()).toBe("no_name");
    const { "set-cookie": set } = renamed.headers;
    expect(await speaker(set?.[0]?.split(";")[0])).toBe("Ann");
  });

  it("ends when another process ends it, long before the second is over", async () => {
    const { key } = JSON.parse(
      withOther((db) => db.prepare("SELECT data FROM sessions").pluck().get() as string),
    ).parkbench as { key: string };
    withOther((db) => {
      db.prepare("DELETE FROM sessions").run();
      db.prepare("INSERT INTO control (kind, subject) VALUES ('session', ?)").run(key);
    });
    let isOver = false;
    while (!isOver) isOver = !(await isAnas());
    expect(await speaker()).toBe("no_name");
  });

  it("is read again after any control row, also of a kind to come", async () => {
    withOther((db) => db.prepare("INSERT INTO control (kind, subject) VALUES ('to come', 'x')").run());
    let reads = 0;
    while (reads === 0) reads = await readsOf(1);
    expect(await readsOf(1)).toBe(0);
  });

  it("is not, when it ended while it was read: what that read brought is not kept", async () => {
    const { sessions } = app.chat.store;
    read.mockRestore();
    const readNow = sessions.read.bind(sessions);
    const gate = new Gate();
    let held = 0;
    const slow = vi.spyOn(sessions, "read").mockImplementation(async (id) => {
      const record = await readNow(id);
      held += 1;
      await gate.pass();
      return record;
    });
    // A header of its own is not believed yet.
    const cookie = `${ana.cookie}; again=1`;
    const poll = call(`${app.url}/poll?since=0&wait=0&echo=0`, { headers: { cookie } });
    await until(() => held === 1, "a read");
    slow.mockImplementation(readNow);
    expect((await signOut()).status).toBe(200);
    gate.open();
    // It was asked before the end.
    expect(pollBody(await poll).messages).toEqual([]);
    ana = { ...ana, cookie };
    expect(await isAnas()).toBe(false);
  });
});
