/** The table of docs/protocol.md, row by row: at every address that changes something, and at the WebSocket handshake. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { openRaw } from "../support/raw-socket.js";
import { rowsOf, type Standalone, standalone } from "../support/standalone.js";
import { handshakeText } from "../support/ws-client.js";

const PROTOCOL = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
const PUBLIC_ORIGIN = "https://chat.school";
const ELSEWHERE = "http://elsewhere.example";

/** What the asker has besides: a session or none, and a token: their own, or one that is not good for them. */
interface Asked {
  readonly isMember: boolean;
  readonly token: "none" | "own" | "stateless" | "another's";
  readonly isSet: boolean;
  /** The address signs in: a signed-out asker's token is good there. */
  readonly signsIn: boolean;
}

interface Row {
  /** Each is one way to be in this row; OURS stands for the address that people use. */
  readonly ways: readonly Readonly<Record<string, string>>[];
  readonly of: "anybody" | "members" | "the signed out";
  isTaken(asked: Asked): boolean;
}

/** By the words of the table's first column. */
const ROWS: Readonly<Record<string, Row>> = {
  "`Sec-Fetch-Site: same-origin`, and `Origin` is not `null`": {
    ways: [{ "Sec-Fetch-Site": "same-origin" }, { "Sec-Fetch-Site": "same-origin", Origin: "OURS" }],
    of: "anybody",
    isTaken: () => true,
  },
  "`Sec-Fetch-Site:` anything else": {
    ways: ["none", "same-site", "cross-site"].map((site) => ({ "Sec-Fetch-Site": site, Origin: "OURS" })),
    of: "anybody",
    isTaken: () => false,
  },
  "`Origin` ours": {
    ways: [{ Origin: "OURS" }, { Origin: "OURS", Referer: `${ELSEWHERE}/` }],
    of: "anybody",
    isTaken: () => true,
  },
  "`Origin` other, `null`, unparsable, doubled": {
    ways: [
      ...[ELSEWHERE, "null", "x y", "OURS, OURS"].map((origin) => ({ Origin: origin })),
      { "Sec-Fetch-Site": "same-origin", Origin: "null" },
    ],
    of: "anybody",
    isTaken: ({ isSet, isMember, token, signsIn }) => !isSet && token === "own" && (isMember || signsIn),
  },
  "`Referer` only, ours": {
    ways: [{ Referer: "OURS/rooms/lobby" }],
    of: "anybody",
    isTaken: ({ token, isMember }) => token === "own" || (token === "stateless" && !isMember),
  },
  "none of the three, a session": {
    ways: [{}],
    of: "members",
    isTaken: ({ token }) => token === "own",
  },
  "none of the three, no session": { ways: [{}], of: "the signed out", isTaken: () => true },
};

const ADDRESSES = [...new Set([...PROTOCOL.matchAll(/`POST (\/[a-z/]+)`|^## POST (\/[a-z/]+)$/gm)])]
  .map(([, inText, inTitle]) => inText ?? inTitle ?? "")
  .filter((address, at, all) => all.indexOf(address) === at);

it("has every row of the documented table, and of the addresses at least these", () => {
  const table = /^## From another site\?$.*?\| --- \| --- \|\n(.*?)\n\n/ms.exec(PROTOCOL)?.[1] ?? "";
  expect(table.split("\n").map((line) => line.split(" | ")[0]?.slice(2))).toEqual(Object.keys(ROWS));
  expect(ADDRESSES).toEqual(expect.arrayContaining(["/send", "/session", "/session/end", "/rooms", "/page"]));
});

describe.each([
  ["unset", []],
  ["set", [PUBLIC_ORIGIN]],
] as const)("with PUBLIC_ORIGIN %s", (setting, publicOrigins) => {
  const app = standalone({ publicOrigins });
  const isSet = setting === "set";
  let another: Member;
  /** Until a request is taken that renames them or signs them out. */
  let present: Member | null = null;
  let count = 0;

  /** As anybody gets one. */
  let stateless = "";

  beforeAll(async () => {
    another = await signIn(app().url, "Another");
    stateless = (JSON.parse((await call(`${app().url}/session`)).text) as { token: string }).token;
  });

  async function isTaken(address: string, way: Row["ways"][number], asked: Asked): Promise<boolean> {
    count += 1;
    if (asked.isMember) present ??= await signIn(app().url, `Member ${count}`);
    const member = asked.isMember ? present : null;
    const tokens = {
      none: null,
      own: member?.token ?? stateless,
      stateless,
      "another's": another.token,
    };
    const token = tokens[asked.token];
    const headers: Record<string, string> = member ? { Cookie: member.cookie } : {};
    for (const [name, value] of Object.entries(way))
      headers[name] = value.replaceAll("OURS", isSet ? PUBLIC_ORIGIN : app().url);
    const before = everythingIn(app());
    if (address === "/ws")
      return shakes(app().port, { ...headers, ...(token && { "X-Parkbench-Token": token }) });
    // Good for whatever address it goes to, so that only the table refuses it.
    const form = { name: `r-${count}`, title: "A room", text: "hi", room: "lobby", ...(token && { token }) };
    const { text } = await call(app().url + address, { form, headers });
    const isRefused = (JSON.parse(text) as { code?: string }).code === "cross_site";
    if (isRefused) expect(everythingIn(app()), "what a refused request left").toEqual(before);
    else if (member && address.startsWith("/session")) present = null;
    return !isRefused;
  }

  describe.each([...ADDRESSES, "/ws"])("%s", (address) => {
    it.each(Object.entries(ROWS))("%s", async (_words, row) => {
      const seen: string[] = [];
      const due: string[] = [];
      for (const way of row.ways) {
        for (const isMember of [true, false]) {
          if (row.of === (isMember ? "the signed out" : "members")) continue;
          for (const token of ["none", "own", "stateless", "another's"] as const) {
            const asked = { isMember, token, isSet, signsIn: address === "/session" };
            const what = `${JSON.stringify(way)}, ${isMember ? "a member" : "signed out"}, token ${token}: `;
            // Signed out, the stateless token is one's own.
            const own = !isMember && token === "stateless" ? ({ ...asked, token: "own" } as const) : asked;
            due.push(what + row.isTaken(own));
            seen.push(what + (await isTaken(address, way, asked)));
          }
        }
      }
      expect(seen).toEqual(due);
    });
  });
});

/** What is stored, but for when. */
function everythingIn(app: Standalone): unknown[] {
  const rooms = app.db.prepare("SELECT * FROM rooms").all();
  return [
    ...(["messages", "users", "control", "sessions"] as const).map((table) => rowsOf(app, table)),
    rooms,
  ];
}

async function shakes(port: number, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const raw = await openRaw(port);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  raw.write(handshakeText("/ws", lines.join("")).replace("Host: chat", `Host: 127.0.0.1:${port}`));
  await raw.until(/^HTTP\/1\.1 \d{3} .*\r\n\r\n/s);
  raw.reset();
  const [, status] = raw.received().split(" ");
  expect(["101", "403"]).toContain(status);
  return status === "101";
}
