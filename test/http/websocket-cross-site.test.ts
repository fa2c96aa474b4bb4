/** A handshake of another site is refused before it is accepted, by the same table as a POST. */
import { describe, expect, it } from "vitest";
import { codeOf } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { handshake, handshakeText } from "../support/ws-client.js";

/** The status of a handshake that was accepted comes on a connection that goes on. */
async function statusOf(port: number, headers: Record<string, string>): Promise<number> {
  const raw = await openRaw(port);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  raw.write(handshakeText("/ws", lines.join("")).replace("Host: chat", `Host: 127.0.0.1:${port}`));
  await raw.until(/^HTTP\/1\.1 \d{3} .*\r\n\r\n/s);
  raw.reset();
  return Number(raw.received().slice(9, 12));
}

describe.each([
  ["", "own"],
  ["https://chat.example", "https://chat.example"],
])("where PUBLIC_ORIGIN is %j", (publicOrigin, ours) => {
  const app = standalone(publicOrigin ? { publicOrigins: [publicOrigin] } : {});
  const oursIs = () => (ours === "own" ? app().url : ours);

  it.each([
    ["a browser's same-origin", () => ({ "Sec-Fetch-Site": "same-origin", Origin: oursIs() }), 101],
    ["a browser's cross-site", () => ({ "Sec-Fetch-Site": "cross-site", Origin: oursIs() }), 403],
    ["a browser's same-site", () => ({ "Sec-Fetch-Site": "same-site", Origin: oursIs() }), 403],
    ["a sandboxed frame's", () => ({ "Sec-Fetch-Site": "same-origin", Origin: "null" }), 403],
    ["our Origin", () => ({ Origin: oursIs() }), 101],
    ["another Origin", () => ({ Origin: "https://evil.example" }), 403],
    ["the Origin null", () => ({ Origin: "null" }), 403],
    ["an Origin that is none", () => ({ Origin: "x y" }), 403],
    ["our Referer only", () => ({ Referer: `${oursIs()}/` }), 403],
    ["nothing, and no session", () => ({}), 101],
  ])("%s is answered with the status of the table", async (_what, headers, status) => {
    expect(await statusOf(app().port, headers() as Record<string, string>)).toBe(status);
  });

  it("a session's cookie needs its token where nothing says who asks", async () => {
    const [ana, bo] = [await signIn(app().url, "Ana"), await signIn(app().url, "Bo")];
    const by = (headers: Record<string, string>) => statusOf(app().port, { Cookie: ana.cookie, ...headers });
    expect(await by({})).toBe(403);
    expect(await by({ "X-Parkbench-Token": bo.token })).toBe(403);
    expect(await by({ "X-Parkbench-Token": ana.token })).toBe(101);
    expect(await by({ Origin: oursIs() })).toBe(101);
    const foreign = { Origin: "https://evil.example", "X-Parkbench-Token": ana.token };
    expect(await by(foreign)).toBe(publicOrigin ? 403 : 101);
  });

  it("the refusal is a problem, on a connection that closes", async () => {
    const refused = await handshake(app().url, "", { Origin: "https://evil.example" });
    expect([refused.status, codeOf(refused), refused.headers.connection]).toEqual([
      403,
      "cross_site",
      "close",
    ]);
  });
});
