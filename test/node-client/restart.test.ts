/** A server that goes and comes back over the same database: the client goes on from its cursor. */
import { spawn } from "node:child_process";
import { afterEach, beforeEach, describe, expect, vi } from "vitest";
import { connect } from "../../src/node-client/index.js";
import { freePort } from "../support/free-port.js";
import { say } from "../support/guest.js";
import { test } from "../support/own-server.js";
import { until } from "../support/until.js";

const CLIENT = new URL("../../dist/node-client/index.js", import.meta.url).href;

// Little time between two attempts.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.05);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(["websocket", "sse", "poll"] as const)("by %s", (transport) => {
  test.for(["SIGTERM", "SIGKILL"] as const)("every row comes once, through %s", async (signal, { start }) => {
    const port = await freePort();
    const first = await start({ port });
    const chat = connect({ url: first.url, since: "now", transports: [transport], name: "Ana" });
    const seen: string[] = [];
    const loop = (async () => {
      for await (const { text } of chat) seen.push(text);
    })();
    await until(() => chat.cursor !== null, "the cursor");
    await say(first.url, "Bea", "before");
    await until(() => seen.length === 1, "the first message");
    await first.stop(signal);
    // Asked for while there is no server, and said while the client is perhaps not back yet.
    const sending = chat.send("by the client");
    const second = await start({ port });
    await say(second.url, "Bea", "after");
    await sending;
    await until(
      () => seen.length >= 3,
      () => `three messages, came: ${seen}`,
    );
    expect([seen[0], ...seen.slice(1).sort()]).toEqual(["before", "after", "by the client"]);
    chat.close();
    await loop;
  });

  test("a process ends by itself after close, and not before", async ({ start }) => {
    const { url } = await start();
    const program = `
      import { connect } from ${JSON.stringify(CLIENT)};
      const options = { url: ${JSON.stringify(url)}, since: "now", transports: ["${transport}"], name: "Ana" };
      const chat = await new Promise((opened) => {
        const chat = connect({ ...options, onOpen: () => opened(chat) });
      });
      await chat.send("one");
      for await (const { text } of chat) {
        console.log(text);
        if (text === "two") break;
      }
      chat.close();`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const [seen] = await Promise.race([
      until(() => output !== "", "its first message").then(() => ["waits"]),
      ended.then(() => ["ended"]),
    ]);
    expect(seen).toBe("waits");
    await say(url, "Bea", "two");
    expect(await ended).toBe(0);
    expect(output).toBe("one\ntwo\n");
  });
});
