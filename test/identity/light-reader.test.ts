/** The light reader takes a request for the same person as express-session does, whatever cookie it carries. */
import { rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { sign } from "cookie-signature";
import express, { type Express } from "express";
import request from "supertest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Store } from "../../src/core/store.js";
import { TimedCache } from "../../src/core/timed-cache.js";
import { lightReader } from "../../src/identity/light-reader.js";
import type { Membership, SessionRequest } from "../../src/identity/session-identity.js";
import { SESSION_COOKIE, sessions } from "../../src/session-store.js";
import { openStore } from "../../src/store/open.js";
import { makeFolder } from "../support/server.js";

const SECRETS = ["the newest secret", "the one before", "the oldest one"];
const COOKIE = { name: SESSION_COOKIE, secrets: SECRETS };
const ANA = { user: { id: 7, name: "Ana" }, key: "the key of Ana's session", epoch: "k7Qd" };
const HOUR_MS = 3_600_000;
const folder = makeFolder();
let store: Store;
let app: Express;

beforeAll(async () => {
  store = await openStore({ url: join(folder, "sessions.db") });
  const read = lightReader(store.sessions, COOKIE, unbelieving());
  app = express();
  app.use(sessions(store.sessions, SECRETS));
  app.get("/", (req: SessionRequest, res: express.Response, next) => {
    Promise.resolve(read?.(req)).then(
      (light) => res.json({ light, full: req.session?.parkbench ?? null }),
      next,
    );
  });
  for (const [id, data, ms] of [
    ["ana", { parkbench: ANA }, HOUR_MS],
    ["visitor", { basket: 1 }, HOUR_MS],
    ["expired", { parkbench: ANA }, -1],
  ] as const) {
    const expiresAt = Date.now() + ms;
    const cookie = { originalMaxAge: ms, expires: new Date(expiresAt).toISOString() };
    await store.sessions.write(id, { data: JSON.stringify({ cookie, ...data }), expiresAt });
  }
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Who both take the bearer for: they must agree. */
async function bearer(cookie: string): Promise<unknown> {
  const { body } = (await request(app).get("/").set("Cookie", cookie)) as {
    body: { light: unknown; full: unknown };
  };
  expect(body.light).toEqual(body.full);
  return body.light;
}

/** A cache that nothing is found in: the store is asked each time. */
const unbelieving = () => new TimedCache<Membership>(() => null);
const requestWith = (cookie: string) => ({ headers: { cookie } }) as IncomingMessage;
const named = (value: string) => `${SESSION_COOKIE}=${value}`;
const signed = (id: string, secret = SECRETS[0] ?? "") => encodeURIComponent(`s:${sign(id, secret)}`);

describe("the bearer is Ana", () => {
  it.each([
    ["with her cookie", named(signed("ana"))],
    ["signed by the secret before", named(signed("ana", SECRETS[1]))],
    ["signed by the oldest", named(signed("ana", SECRETS[2]))],
    ["not percent-encoded", named(`s:${sign("ana", SECRETS[0] ?? "")}`)],
    ["among others", `a=1; ${named(signed("ana"))}; z=2`],
    ["without spaces between", `a=1;${named(signed("ana"))};z=2`],
    ["before another of the same name", `${named(signed("ana"))}; ${named(signed("visitor"))}`],
    ["after one whose name ends like it", `x${named("other")}; ${named(signed("ana"))}`],
  ])("%s", async (_how, cookie) => {
    expect(await bearer(cookie)).toEqual(ANA);
  });
});

describe("the bearer is nobody", () => {
  const good = signed("ana");

  it.each([
    ["without a cookie", "other=1"],
    ["with a visitor's session", named(signed("visitor"))],
    ["after the session's end", named(signed("expired"))],
    ["with a session that never was", named(signed("never"))],
    ["signed by somebody else's secret", named(signed("ana", "somebody else's secret"))],
    ["with another signature", named(good.replace(/.{4}$/, "AAAA"))],
    ["with the signature cut off", named(good.replace(/\..*$/, ""))],
    ["with an empty signature", named(good.replace(/\..*$/, "."))],
    ["with another's signature", named(signed("visitor").replace("visitor", "ana"))],
    ["without the mark of a signed cookie", named(encodeURIComponent(sign("ana", SECRETS[0] ?? "")))],
    ["with another mark", named(encodeURIComponent(`j:${sign("ana", SECRETS[0] ?? "")}`))],
    ["with the bare id", named("ana")],
    ["with nothing in it", named("")],
    ["with an empty id", named(signed(""))],
    ["with bad percent-encoding", named("%E0%A4%A")],
    ["under another name", `other${named(good)}`],
    ["after another of the same name", `${named(signed("visitor"))}; ${named(good)}`],
    ["with something that looks like an object", named(encodeURIComponent('j:{"id":"ana"}'))],
  ])("%s", async (_how, cookie) => {
    expect(await bearer(cookie)).toBeNull();
  });
});

it("reads, and writes nothing: a session that is near its end is not prolonged", async () => {
  const written: string[] = [];
  const { sessions: rows } = store;
  const spied = {
    read: (id: string) => rows.read(id),
    write: async () => void written.push("write"),
    touch: async () => void written.push("touch"),
    destroy: async () => void written.push("destroy"),
    prune: async () => written.push("prune"),
  };
  const read = lightReader(spied, COOKIE, unbelieving());
  expect(await read?.(requestWith(named(signed("ana"))))).toEqual(ANA);
  expect(written).toEqual([]);
});
