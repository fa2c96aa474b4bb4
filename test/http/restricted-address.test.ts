/** Restrictions by address, behind a proxy that is trusted; and a removed message on a page that grows without script. */
import { describe, expect, it } from "vitest";
import type { RestrictionKind } from "../../src/core/moderation.js";
import { say } from "../support/guest.js";
import { call, codeOf } from "../support/http-client.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { openSocket } from "../support/ws-client.js";

const app = standalone({ trustProxy: 1 });
const from = (address: string) => ({ "x-forwarded-for": address });
const restrict = (kind: RestrictionKind, value: string) =>
  app().chat.store.moderation.restrict(
    kind,
    { kind: "address", value },
    { untilMs: null, reason: "" },
    "owner",
  );

describe("an address", () => {
  it("that is muted reads, and writes by no transport; its neighbour does", async () => {
    const [here, there] = [
      await openSocket(app().url, "?since=now", { headers: { ...from("10.0.0.1"), origin: app().url } }),
      await openSocket(app().url, "?since=now", { headers: { ...from("10.0.0.2"), origin: app().url } }),
    ];
    await restrict("mute", "10.0.0.1");
    const send = (address: string) =>
      call(`${app().url}/send`, { form: { name: "Cy", text: "hi" }, headers: from(address) });
    expect(codeOf(await send("10.0.0.1"))).toBe("muted");
    here.send({ name: "Dee", text: "by a frame" });
    await here.has(2);
    expect(here.frames[1]).toMatchObject({ status: 403, code: "muted" });
    expect((await send("10.0.0.2")).status).toBe(201);
    there.send({ name: "Dee", text: "by a frame" });
    await here.has(4);
    expect(here.texts()).toEqual(["hi", "by a frame"]);
    for (const { socket } of [here, there]) socket.terminate();
  });

  it("that is banned cannot sign in", async () => {
    await restrict("ban", "10.0.0.3");
    const signIn = (address: string, name: string) =>
      call(`${app().url}/session`, { form: { name }, headers: from(address) });
    expect(codeOf(await signIn("10.0.0.3", "Eve"))).toBe("banned");
    expect((await signIn("10.0.0.4", "Eve")).status).toBe(201);
  });
});

describe("an endless page", () => {
  it("says that a message was removed, and does not repeat it when it goes on", async () => {
    const id = await say(app().url, "Cy", "an ugly word");
    const page = await openStream(`${app().url}/rooms/lobby/live`);
    await page.has("an ugly word");
    await app().chat.store.moderation.remove(id, "owner");
    await page.has("(removed a message)");
    const next = await openStream(`${app().url}/rooms/lobby/live`);
    await next.has("(removed)");
    expect([next.text().includes("an ugly word"), next.text().includes("(removed a message)")]).toEqual([
      false,
      false,
    ]);
    for (const { leave } of [page, next]) leave();
  });
});
