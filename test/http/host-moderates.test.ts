/** In a host's application, the host says who moderates; and its users are banned by their own ids. */
import { describe, expect, it } from "vitest";
import type { Identity, User } from "../../src/index.js";
import { embedded, hostIdentity } from "../support/embedded.js";
import { call, codeOf } from "../support/http-client.js";

/** With its methods in a class, and a secret that only they can see. */
class Host implements Identity {
  readonly #moderators = ["u-bo"];
  identify(req: Parameters<Identity["identify"]>[0]) {
    return this.#moderators && hostIdentity.identify(req);
  }
  mayModerate({ id }: User): boolean {
    return this.#moderators.includes(String(id));
  }
}

const app = embedded({ identity: new Host() });
const silent = embedded({ identity: hostIdentity });

async function act(at: typeof app, who: "ana" | "bo", form: Record<string, string>) {
  const headers = { cookie: await at().login(who), origin: at().host };
  return call(`${at().bench.url}/moderation`, { form, headers });
}

describe("a host", () => {
  it("says who moderates, and its moderator bans by the host's id", async () => {
    expect(codeOf(await act(app, "ana", { act: "close", room: "lobby" }))).toBe("not_moderator");
    expect((await act(app, "bo", { act: "ban", of: "user", whom: "7" })).status).toBe(200);
    const [ana, bo] = [await app().login("ana"), await app().login("bo")];
    const poll = (cookie: string) =>
      call(`${app().bench.url}/poll?since=now&wait=0`, { headers: { cookie } });
    expect(codeOf(await poll(ana))).toBe("banned");
    expect((await poll(bo)).status).toBe(200);
    const page = await call(`${app().bench.url}/moderation`, { headers: { cookie: bo } });
    expect(page.text).toContain('user <b dir="auto">7</b>');
    expect(page.text).toContain('action="/chat/moderation"');
  });

  it("that says nothing of it has no moderators, and codes are worth nothing", async () => {
    expect(codeOf(await act(silent, "bo", { act: "close", room: "lobby" }))).toBe("not_moderator");
    expect(codeOf(await act(silent, "ana", { act: "code", code: "ABCD-EFGH-JKLM" }))).toBe("bad_code");
    const cookie = await silent().login("ana");
    const { text } = await call(`${silent().bench.url}/moderation`, { headers: { cookie } });
    expect(text).not.toContain('name="code"');
  });
});
