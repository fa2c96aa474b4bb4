/** The example of a chat mounted into an application with its own users works as it stands. */

import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder, type ServerProcess, startServer } from "../support/server.js";

const EXAMPLE = fileURLToPath(new URL("../../examples/embedded/server.js", import.meta.url));

describe("examples/embedded", () => {
  const folder = makeFolder();
  let server: ServerProcess;
  let chat: string;

  beforeAll(async () => {
    server = await startServer({
      folder,
      command: [process.execPath, EXAMPLE],
      env: { DATA_FOLDER: folder },
    });
    chat = server.url.replace(/\/$/, "");
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Signs in at the host application and returns its cookie. */
  async function login(who: string): Promise<string> {
    const answer = await fetch(new URL(`/login/${who}`, chat), { redirect: "manual" });
    return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  }

  it("posts as the host's user, from the host's session, below the mount path", async () => {
    const cookie = await login("ana");
    const room = await (await fetch(`${chat}/rooms/lobby`, { headers: { cookie } })).text();
    expect(room).toContain('action="/chat/send"');
    const token = /name="token" value="([^"]+)"/.exec(room)?.[1] ?? "";
    const sent = await fetch(`${chat}/send`, {
      method: "POST",
      headers: { cookie },
      body: new URLSearchParams({ room: "lobby", text: "from the host's page", token }),
    });
    expect(sent.status).toBe(201);
    expect(await sent.json()).toMatchObject({ from: { id: 7, name: "Ana" }, text: "from the host's page" });
  });

  it("refuses a text from somebody the host does not know", async () => {
    const sent = await fetch(`${chat}/send`, {
      method: "POST",
      body: new URLSearchParams({ room: "lobby", name: "Eve", text: "let me in" }),
    });
    expect(sent.status).toBe(403);
    expect(await sent.json()).toMatchObject({ code: "not_signed_in" });
  });

  it("wakes a parked poll with what the host itself sends", async () => {
    const start = (await (await fetch(`${chat}/poll?since=now&wait=0`)).json()) as { next: string };
    const parked = fetch(`${chat}/poll?since=${start.next}`);
    const order = await fetch(new URL("/order", chat), { method: "POST" });
    expect(order.status).toBe(201);
    const { announcedAs } = (await order.json()) as { announcedAs: number };
    const { messages } = (await (await parked).json()) as { messages: { id: number; from: object }[] };
    expect(messages).toMatchObject([{ id: announcedAs, from: { id: null, name: "The shop" } }]);
  });
});
