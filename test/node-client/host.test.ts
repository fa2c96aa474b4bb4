/** In a host's application, with the host's own users: who the host says we are reads and writes, and nobody else. */
import { afterEach, describe, expect, it } from "vitest";
import { type Chat, type ConnectOptions, connect } from "../../src/node-client/index.js";
import { embedded, hostIdentity, PEOPLE } from "../support/embedded.js";
import { call } from "../support/http-client.js";
import { until } from "../support/until.js";

const REMOTE_USER = "x-remote-user";

const app = embedded(
  {
    guests: true,
    // By the host's session, or by what a proxy of the host's says.
    identity: {
      identify: (req) => PEOPLE[String(req.headers[REMOTE_USER])] ?? hostIdentity.identify(req),
    },
  },
  {
    before(host) {
      host.post("/logout", (req, res) => {
        Object.assign(req.session, { user: undefined });
        res.sendStatus(204);
      });
    },
  },
);

const chats: Chat[] = [];
afterEach(() => {
  for (const chat of chats.splice(0)) chat.close();
});

function join(options: Partial<ConnectOptions>): Chat {
  const chat = connect({ url: app().bench.url, transports: [], ...options });
  chats.push(chat);
  return chat;
}

describe("a host's user", () => {
  it.each(["ana", "bo", "seven"] as const)("sends and reads by the host's cookie: %s", async (who) => {
    const chat = join({ cookie: await app().login(who), transports: ["websocket"], since: "now" });
    await until(() => chat.cursor !== null, "the cursor");
    const { from, id } = await chat.send(`by ${who}`);
    expect(from).toEqual(PEOPLE[who]);
    expect(chat.user).toEqual(PEOPLE[who]);
    expect(chat.transport).toBe("websocket");
    expect(await chat[Symbol.asyncIterator]().next()).toMatchObject({ value: { id, from: PEOPLE[who] } });
  });

  it("is known by a header as well", async () => {
    const chat = join({ headers: { [REMOTE_USER]: "bo" }, transports: ["websocket"], since: "now" });
    expect((await chat.send("by a header")).from).toEqual(PEOPLE.bo);
    await until(() => chat.transport === "websocket", "the upgrade, which needs the token");
    const cookie = await app().login("ana");
    const other = join({ headers: { cookie } });
    expect((await other.send("by the cookie's header")).from).toEqual(PEOPLE.ana);
  });

  it("cannot sign in or out here: that is the host's", async () => {
    const chat = join({ cookie: await app().login("ana") });
    await expect(chat.signIn("Other")).rejects.toMatchObject({ status: 404 });
    expect((await chat.send("still Ana")).from).toEqual(PEOPLE.ana);
  });

  it("says nothing as the one who has the session by then", async () => {
    const cookie = await app().login("ana");
    const chat = join({ cookie });
    await chat.send("as Ana");
    await call(`${app().host}/login/bo`, { method: "POST", headers: { cookie } });
    await expect(chat.send("as whom?")).rejects.toMatchObject({ status: 403, code: "wrong_user" });
  });
});

describe("nobody", () => {
  it("says nothing as somebody who has signed in since", async () => {
    const cookie = await app().login("ana");
    await call(`${app().host}/logout`, { method: "POST", headers: { cookie } });
    const chat = join({ cookie, name: "Visitor" });
    expect((await chat.send("as nobody")).from).toEqual({ id: null, name: "Visitor" });
    expect(chat.user).toBe(null);
    await call(`${app().host}/login/bo`, { method: "POST", headers: { cookie } });
    await expect(chat.send("as whom?")).rejects.toMatchObject({ status: 403, code: "wrong_user" });
    // Who asks anew is told.
    expect((await join({ cookie }).send("as Bo")).from).toEqual(PEOPLE.bo);
  });

  it("sends under a name without any cookie", async () => {
    expect((await join({ name: "Visitor" }).send("once")).from).toEqual({ id: null, name: "Visitor" });
  });
});
