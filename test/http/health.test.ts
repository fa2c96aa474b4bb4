/** /healthz says that the process lives, /readyz that it can take requests: true, and cheap when they are asked in floods. */
import { Agent } from "node:http";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { embedded } from "../support/embedded.js";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { type Standalone, startStandalone } from "../support/standalone.js";

afterEach(() => void vi.restoreAllMocks());

async function start(): Promise<Standalone> {
  const app = await startStandalone();
  onTestFinished(() => app.close());
  return app;
}

const ready = ({ url }: { readonly url: string }): Promise<Answer> => call(`${url}/readyz`);
const REFUSED = new ParkbenchError("storage_full", "disk /srv/secret is full");

describe("/healthz", () => {
  it("asks the database nothing, not even for the session of who asks", async () => {
    const app = await start();
    const { store } = app.chat;
    const { cookie } = await signIn(app.url, "Monitor");
    const asked = [vi.spyOn(store, "check"), vi.spyOn(store.sessions, "read")];
    const headers = { cookie };
    expect((await call(`${app.url}/healthz`, { headers })).text).toBe('{"status":"ok"}');
    for (const question of asked) expect(question).not.toHaveBeenCalled();
    await ready(app);
    await call(`${app.url}/rooms/lobby`, { headers });
    for (const question of asked) expect(question).toHaveBeenCalled();
  });

  it("lives on while the database cannot be written, and while the chat stops", async () => {
    const app = await start();
    vi.spyOn(app.chat.store, "check").mockRejectedValue(REFUSED);
    expect((await call(`${app.url}/healthz`)).status).toBe(200);
    app.chat.stop();
    expect((await call(`${app.url}/healthz`)).status).toBe(200);
  });
});

describe("/readyz", () => {
  it("writes once for a flood of questions, and once more when a second has passed", async () => {
    const app = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    const before = app.chat.stats().commits;
    const flood = () =>
      Promise.all(Array.from({ length: 100 }, () => call(`${app.url}/readyz`, { agent }))).then((answers) =>
        answers.map(({ status }) => status),
      );
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    expect(new Set(await flood())).toEqual(new Set([200]));
    expect(app.chat.stats().commits - before).toBe(1);
    now.mockReturnValue(performance.now() + 999);
    await flood();
    expect(app.chat.stats().commits - before).toBe(1);
    now.mockReturnValue(performance.now() + 1);
    await flood();
    expect(app.chat.stats().commits - before).toBe(2);
    agent.destroy();
  });

  it("says 503 when the database refuses a write, names no file, and says 200 when it passes, a second later", async () => {
    const app = await start();
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    vi.spyOn(app.chat.store, "check").mockRejectedValueOnce(REFUSED);
    for (let n = 0; n < 2; n++) {
      const answer = await ready(app);
      expect([answer.status, codeOf(answer)]).toEqual([503, "storage_full"]);
      expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
      expect(answer.text).not.toContain("/srv");
    }
    now.mockReturnValue(performance.now() + 1000);
    expect((await ready(app)).status).toBe(200);
  });

  it("says 503 from the moment the chat stops, whatever it has said before", async () => {
    const app = await start();
    expect((await ready(app)).status).toBe(200);
    app.chat.stop();
    const answer = await ready(app);
    expect([answer.status, codeOf(answer)]).toEqual([503, "closed"]);
  });
});

describe("embedded", () => {
  const host = embedded();

  it("both are below the chat's own path, and HEAD and other methods are answered as anywhere", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      const url = host().bench.url + path;
      expect((await call(url)).status).toBe(200);
      const head = await call(url, { method: "HEAD" });
      expect([head.status, head.text]).toEqual([200, ""]);
      const post = await call(url, { method: "POST" });
      expect([post.status, post.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
    expect((await call(`${host().host}/healthz`)).status).toBe(404);
  });

  it("stats() are those of the chat: zero before it is open, and what has happened since", async () => {
    const { chat } = host();
    const { appended } = chat.stats();
    await chat.send({ room: "lobby", text: "counted" });
    expect(chat.stats()).toMatchObject({ parked: 0, appended: appended + 1, refused: { full: 0 } });
    expect(chat.stats().refused.method_not_allowed).toBe(2);
  });
});
