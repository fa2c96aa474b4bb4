/** So many new names in a minute from one address; who changes a name, has one, or comes from elsewhere is not held up. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { from } from "../support/from.js";
import { fieldIn, problemIn } from "../support/html.js";
import { call, codeOf } from "../support/http-client.js";
import { cookieIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const MAX = 3;
const app = standalone({ trustProxy: 1, limits: { signInsPerAddressMax: MAX } });
const untrusting = standalone({ limits: { signInsPerAddressMax: MAX } });
const unlimited = standalone({ trustProxy: 1, limits: { signInsPerAddressMax: 0 } });

let names = 0;
let addresses = 0;
let address = "";

function signIn(headers: Record<string, string> = {}, form: Record<string, string> = {}, chat = app()) {
  return call(`${chat.url}/session`, {
    form: { name: `Name ${++names}`, ...form },
    headers: { ...from(address), ...headers },
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  address = `198.51.100.${++addresses}`;
});

afterEach(() => {
  vi.useRealTimers();
});

describe("from one address", () => {
  it("one too many gets 429 and when to come back; a minute after the first it is taken", async () => {
    for (let i = 0; i < MAX; i++) expect((await signIn()).status).toBe(201);
    vi.setSystemTime(Date.now() + 20_000);
    const users = countOf(app(), "users");
    const refused = await signIn();
    expect([refused.status, codeOf(refused), refused.headers["retry-after"]]).toEqual([
      429,
      "too_many_signins",
      "40",
    ]);
    expect(refused.headers["set-cookie"]).toBeUndefined();
    expect(countOf(app(), "users")).toBe(users);
    vi.setSystemTime(Date.now() + 40_000);
    expect((await signIn()).status).toBe(201);
  });

  it("another address is not held up; one of the same IPv6 /64 is", async () => {
    for (let i = 0; i < MAX; i++) await signIn(from("2001:db8:1:1::1"));
    expect((await signIn(from("2001:db8:1:1::2"))).status).toBe(429);
    expect((await signIn(from("2001:db8:1:2::1"))).status).toBe(201);
    expect((await signIn()).status).toBe(201);
  });

  it("a change of name is not counted, nor refused", async () => {
    const first = await signIn();
    const { token } = JSON.parse(first.text) as { token: string };
    let cookie = cookieIn(first.headers["set-cookie"]);
    for (let i = 0; i < 2 * MAX; i++) {
      const renamed = await signIn({ cookie }, { token });
      expect(renamed.status).toBe(201);
      cookie = cookieIn(renamed.headers["set-cookie"]);
    }
    for (let i = 1; i < MAX; i++) expect((await signIn()).status).toBe(201);
    expect((await signIn()).status).toBe(429);
    expect((await signIn({ cookie }, { token })).status).toBe(201);
  });

  it("a name that is taken costs nothing", async () => {
    await signIn({}, { name: "Taken" });
    for (let i = 0; i < 2 * MAX; i++) expect((await signIn({}, { name: "taken" })).status).toBe(409);
    for (let i = 1; i < MAX; i++) expect((await signIn()).status).toBe(201);
    expect((await signIn()).status).toBe(429);
  });

  it("who keeps no cookies is counted, too; the page keeps the name; the same form again is recognised", async () => {
    const home = await call(`${app().url}/`, { headers: from(address) });
    const form = { token: fieldIn(home.text, "token") ?? "", page: "1", sealed: "" };
    const enter = (name: string, nonce: string) => signIn({}, { ...form, name, nonce });
    for (let i = 0; i < MAX; i++)
      expect((await enter(`Sealed ${i}`, `n-${i}`)).text).toContain(`Sealed ${i}`);
    const refused = await enter("One too many", "n-more");
    expect([refused.status, fieldIn(refused.text, "name")]).toEqual([429, "One too many"]);
    expect(problemIn(refused.text)).toMatch(/Try again in \d+ seconds/);
    expect((await enter("Sealed 1", "n-1")).status).toBe(200);
  });
});

it("loopback peers are not counted while no proxy is trusted, whatever they claim", async () => {
  for (let i = 0; i < 3 * MAX; i++) expect((await signIn({}, {}, untrusting())).status).toBe(201);
});

it("0 is no limit", async () => {
  for (let i = 0; i < 3 * MAX; i++) expect((await signIn({}, {}, unlimited())).status).toBe(201);
});
