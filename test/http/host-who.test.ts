/** GET /session where the host says who people are: its programs learn who they are, and get the token to send with. */
import { describe, expect, it } from "vitest";
import { embedded, hostIdentity, PEOPLE } from "../support/embedded.js";
import { call } from "../support/http-client.js";

const app = embedded({ identity: hostIdentity });
const url = () => app().bench.url;

describe("GET /session at a host with an identity of its own", () => {
  it("says who is asking, with a token that a send is taken with", async () => {
    for (const who of ["ana", "bo", "seven"] as const) {
      const headers = { cookie: await app().login(who) };
      const answer = await call(`${url()}/session`, { headers });
      expect(answer.status).toBe(200);
      const { user, token } = JSON.parse(answer.text) as { user: { id: unknown }; token: string };
      expect(user).toEqual(PEOPLE[who]);
      const sent = await call(`${url()}/send`, {
        form: { text: `as ${who}`, token, as: String(user.id) },
        headers,
      });
      expect([sent.status, JSON.parse(sent.text)]).toEqual([201, expect.objectContaining({ from: user })]);
      const refused = await call(`${url()}/send`, { form: { text: "no token" }, headers });
      expect(refused.status).toBe(403);
    }
  });

  it("says that nobody is, with a token still, and sets no cookie", async () => {
    const { status, headers, text } = await call(`${url()}/session`);
    expect([status, JSON.parse(text)]).toEqual([200, { user: null, token: expect.stringContaining(".") }]);
    expect(headers["set-cookie"]).toBeUndefined();
  });

  it.each(["/session", "/session/end"])(
    "POST %s is not there: 404, and nobody is signed in",
    async (path) => {
      const headers = { cookie: await app().login("ana") };
      expect((await call(url() + path, { form: { name: "Mallory" }, headers })).status).toBe(404);
      const { text } = await call(`${url()}/session`, { headers });
      expect(JSON.parse(text)).toMatchObject({ user: PEOPLE.ana });
    },
  );
});
