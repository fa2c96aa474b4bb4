/** The decision whether a request may be another site's, row by row: what it carries, and whether it is taken. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Answer, call, codeOf } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { openRaw } from "../support/raw-socket.js";
import { countOf, standalone } from "../support/standalone.js";

interface Carried {
  readonly "sec-fetch-site"?: string;
  readonly origin?: string;
  readonly referer?: string;
  readonly host?: string;
  readonly cookie?: "Ana's" | "of no session";
  readonly token?: "Ana's" | "stateless" | "made up";
}

type Row = readonly [carried: Carried, taken: boolean];

/** With either setting. OURS stands for the address that people use. */
const ROWS: readonly Row[] = [
  [{ "sec-fetch-site": "same-origin", cookie: "Ana's" }, true],
  [{ "sec-fetch-site": "same-origin", origin: "OURS", cookie: "Ana's" }, true],
  [{ "sec-fetch-site": "same-origin", origin: "OURS" }, true],
  [{ "sec-fetch-site": "same-origin", origin: "null", cookie: "Ana's" }, false],
  [{ "sec-fetch-site": "same-origin", origin: "null" }, false],
  ...["none", "same-site", "cross-site", "same-origin, cross-site", ""].flatMap((site): Row[] => [
    [{ "sec-fetch-site": site, origin: "OURS", cookie: "Ana's", token: "Ana's" }, false],
    [{ "sec-fetch-site": site }, false],
  ]),
  [{ origin: "OURS", cookie: "Ana's" }, true],
  [{ origin: "OURS" }, true],
  [{ origin: "OURS", referer: "http://elsewhere.example/" }, true],
  ...["http://elsewhere.example", "null", "no address"].flatMap((origin): Row[] => [
    [{ origin, cookie: "Ana's" }, false],
    [{ origin, referer: "OURS/rooms/lobby", cookie: "Ana's" }, false],
    [{ origin, cookie: "Ana's", token: "stateless" }, false],
    [{ origin, cookie: "Ana's", token: "made up" }, false],
    [{ origin, token: "stateless" }, false],
  ]),
  ...[
    "http://elsewhere.example",
    "null",
    "no address",
    "",
    "file://",
    "OURS, OURS",
    "OURS/",
    "OURS.elsewhere.example",
    "http://elsewhere.example/?OURS",
  ].map((origin): Row => [{ origin }, false]),
  [{ referer: "OURS/rooms/lobby", cookie: "Ana's", token: "Ana's" }, true],
  [{ referer: "OURS/rooms/lobby", cookie: "Ana's" }, false],
  [{ referer: "OURS/rooms/lobby", cookie: "Ana's", token: "stateless" }, false],
  [{ referer: "OURS/rooms/lobby", token: "stateless" }, true],
  [{ referer: "OURS/rooms/lobby" }, false],
  [{ referer: "http://elsewhere.example/", cookie: "Ana's" }, false],
  [{ referer: "http://elsewhere.example/" }, false],
  [{ referer: "no address" }, false],
  [{ cookie: "Ana's", token: "Ana's" }, true],
  [{ cookie: "Ana's" }, false],
  [{ cookie: "Ana's", token: "stateless" }, false],
  [{ cookie: "Ana's", token: "made up" }, false],
  [{ cookie: "of no session" }, true],
  [{}, true],
];

/** A proxy may have changed Host: while nobody has said what is ours, a session's token decides. */
const WITH_TOKEN: readonly Carried[] = [
  { origin: "http://elsewhere.example", cookie: "Ana's", token: "Ana's" },
  { origin: "null", cookie: "Ana's", token: "Ana's" },
  { origin: "no address", cookie: "Ana's", token: "Ana's" },
  { origin: "OURS, OURS", cookie: "Ana's", token: "Ana's" },
  { "sec-fetch-site": "same-origin", origin: "null", cookie: "Ana's", token: "Ana's" },
];

const UNSET_ROWS: readonly Row[] = [
  ...WITH_TOKEN.map((carried): Row => [carried, true]),
  [{ host: "chat.lan", origin: "http://chat.lan" }, true],
  [{ host: "chat.lan", origin: "https://chat.lan" }, true],
  [{ host: "Chat.LAN:8080", origin: "http://chat.lan:8080" }, true],
  [{ host: "chat.lan:80", origin: "http://chat.lan" }, true],
  [{ host: "chat.lan", origin: "http://chat.lan:8080" }, false],
  [{ host: "chat.lan:8080", origin: "http://chat.lan" }, false],
  [{ host: "chat.lan:80", origin: "https://chat.lan" }, false],
  [{ host: "chat.lan", origin: "http://lan" }, false],
];

const PUBLIC_ORIGINS = ["https://chat.school", "http://10.0.0.7:8080"] as const;

const SET_ROWS: readonly Row[] = [
  ...WITH_TOKEN.map((carried): Row => [carried, false]),
  [{ origin: PUBLIC_ORIGINS[1] }, true],
  [{ origin: "http://chat.school" }, false],
  [{ origin: "http://10.0.0.7" }, false],
  // Host is the proxy's idea of our name, or another site's: it says nothing any more.
  [{ host: "elsewhere.example", origin: "http://elsewhere.example" }, false],
  [{ host: "elsewhere.example", origin: PUBLIC_ORIGINS[0] }, true],
];

describe.each([
  ["unset", [], [...ROWS, ...UNSET_ROWS]],
  ["set", PUBLIC_ORIGINS, [...ROWS, ...SET_ROWS]],
] as const)("with PUBLIC_ORIGIN %s, a send that carries", (_setting, publicOrigins, rows) => {
  const app = standalone({ publicOrigins });
  let ana: Member;
  let stateless = "";

  beforeAll(async () => {
    ana = await signIn(app().url, "Ana");
    stateless = (JSON.parse((await call(`${app().url}/session`)).text) as { token: string }).token;
  });

  async function sent(carried: Carried): Promise<Answer> {
    const { cookie, token, ...said } = carried;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(said))
      headers[name] = value.replaceAll("OURS", publicOrigins[0] ?? app().url);
    if (cookie) headers.cookie = cookie === "Ana's" ? ana.cookie : "parkbench.sid=s%3Agone.c2lnbmF0dXJl";
    const tokens = { "Ana's": ana.token, stateless, "made up": "A".repeat(32) };
    const form = { room: "lobby", text: "hi", name: "Gina", ...(token && { token: tokens[token] }) };
    return call(`${app().url}/send`, { form, headers });
  }

  it.each(
    rows.map(([carried, taken]) => [describeRow(carried), taken ? "taken" : "refused", carried] as const),
  )("%s is %s", async (_what, verdict, carried) => {
    const before = countOf(app(), "messages");
    const answer = await sent(carried);
    if (verdict === "taken") {
      expect(answer.status, answer.text).toBe(201);
      expect(JSON.parse(answer.text)).toMatchObject({
        from: { name: carried.cookie === "Ana's" ? "Ana" : "Gina" },
      });
    } else {
      expect([answer.status, codeOf(answer)]).toEqual([403, "cross_site"]);
    }
    expect(countOf(app(), "messages")).toBe(before + (verdict === "taken" ? 1 : 0));
  });

  it("two Origin lines is refused, though each by itself would be taken", async () => {
    const ours = `Origin: ${publicOrigins[0] ?? app().url}\r\n`;
    const statuses = [];
    for (const lines of [ours + ours, ours]) {
      const raw = await openRaw(app().port);
      raw.write(
        `POST /send HTTP/1.1\r\nHost: 127.0.0.1:${app().port}\r\n${lines}Content-Length: 16\r\nConnection: close\r\n` +
          "Content-Type: application/x-www-form-urlencoded\r\n\r\nname=Bob&text=hi",
      );
      await raw.gone;
      statuses.push(raw.received().slice(9, 12));
    }
    expect(statuses).toEqual(["403", "201"]);
  });
});

function describeRow(carried: Carried): string {
  const parts = Object.entries(carried).map(([name, value]) => `${name}: ${value || '""'}`);
  return parts.join(" + ") || "none of the three and no cookie";
}
