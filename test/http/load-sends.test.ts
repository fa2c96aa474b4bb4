/** A server that is too busy for sends says so before it looks anything up, and gives back what was typed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { elementsIn, fieldIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { overload, refuseReads } from "../support/overload.js";
import { countOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { openSocket } from "../support/ws-client.js";

const errors: object[] = [];
const app = standalone({
  logger: { info() {}, warn() {}, error: (said) => void errors.push(said as object) },
});

beforeEach(() => {
  errors.length = 0;
});
afterEach(() => {
  vi.restoreAllMocks();
});

function overloadWithoutReads(): void {
  overload(app().chat, 3);
  refuseReads(app().chat.store);
}

describe("at level 3 a send", () => {
  it("by a program is refused with 503 and when to come back, without a read, and with no line in the log for each", async () => {
    const { cookie, token } = await signIn(app().url, "Ana");
    const rows = countOf(app(), "messages");
    overloadWithoutReads();
    const seen = new Set<number>();
    for (let n = 0; n < 40; n++) {
      const answer = await call(`${app().url}/send`, {
        json: '{"text":"hello"}',
        headers: { cookie, "x-parkbench-token": token },
      });
      expect([answer.status, codeOf(answer)]).toEqual([503, "overloaded"]);
      const { retryAfter } = JSON.parse(answer.text) as { retryAfter: number };
      expect(answer.headers["retry-after"]).toBe(String(retryAfter));
      seen.add(retryAfter);
    }
    expect([...seen].sort()).toEqual([1, 2, 3, 4, 5]);
    expect([countOf(app(), "messages"), errors]).toEqual([rows, []]);
  });

  it("that is a retry of one that was stored is refused, too, and recognised when it comes again", async () => {
    const form = { room: "lobby", name: "Bo", text: "once", nonce: "n-once" };
    const first = await call(`${app().url}/send`, { form });
    overloadWithoutReads();
    expect((await call(`${app().url}/send`, { form })).status).toBe(503);
    vi.restoreAllMocks();
    const again = await call(`${app().url}/send`, { form });
    expect([again.status, JSON.parse(again.text).id]).toEqual([200, JSON.parse(first.text).id]);
  });

  it("in a frame is refused under its nonce, and the connection stays", async () => {
    const reader = await openSocket(app().url, "?since=now");
    overloadWithoutReads();
    reader.socket.send('{"text":"hello","name":"Cy","nonce":"n-frame"}');
    await until(() => reader.frames.some((frame) => "code" in frame), "the refusal");
    expect(reader.frames.at(-1)).toMatchObject({ status: 503, code: "overloaded", nonce: "n-frame" });
    vi.restoreAllMocks();
    reader.socket.send('{"text":"hello","name":"Cy","nonce":"n-frame"}');
    await until(() => reader.frames.some((frame) => "status" in frame && frame.status === 201), "stored");
    reader.socket.terminate();
  });

  it("from a page comes back as a form with all that it held, to send it again as it was", async () => {
    const { cookie, token, user } = await signIn(app().url, "Dora");
    const form = {
      page: "1",
      room: "lobby",
      as: String(user.id),
      nonce: "n-page",
      token,
      text: 'all of it: <b>&"',
    };
    overloadWithoutReads();
    const page = await call(`${app().url}/send`, { form, headers: { cookie } });
    expect([page.status, page.headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
    expect(page.headers["retry-after"]).toMatch(/^[1-5]$/);
    const held = Object.fromEntries(Object.keys(form).map((name) => [name, fieldIn(page.text, name)]));
    expect(held).toEqual(form);
    expect(elementsIn(page.text).filter(({ tag }) => tag === "b")).toEqual([]);
    vi.restoreAllMocks();
    const sent = await call(`${app().url}/send`, { form: held as typeof form, headers: { cookie } });
    expect(sent.status).toBe(303);
  });

  it("negative twin: at level 2 it would be looked up", async () => {
    overload(app().chat, 2);
    refuseReads(app().chat.store);
    const refused = await call(`${app().url}/send`, {
      form: { room: "lobby", name: "Bo", text: "looked up" },
    });
    expect([refused.status, codeOf(refused), errors.length]).toEqual([500, "internal", 1]);
  });

  it("negative twin: at level 2 it is taken", async () => {
    overload(app().chat, 2);
    const sent = await call(`${app().url}/send`, { form: { room: "lobby", name: "Bo", text: "taken" } });
    expect(sent.status).toBe(201);
  });
});
