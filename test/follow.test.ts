/** A program of a host's that does nothing but follow: it lives as long as it follows, and no longer. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { openStore } from "../src/store/open.js";
import { makeFolder } from "./support/server.js";

const LIBRARY = new URL("../dist/index.js", import.meta.url).href;

const program = (database: string) => `
  const { createChat } = await import(${JSON.stringify(LIBRARY)});
  const chat = createChat({ database: ${JSON.stringify(database)} });
  const abort = new AbortController();
  for await (const { messages } of chat.follow(["lobby"], 0, { signal: abort.signal })) {
    for (const { text } of messages) console.log(text);
    if (messages.some(({ text }) => text === "close")) await chat.close();
    if (messages.some(({ text }) => text === "abort")) abort.abort();
  }
  console.log("over");
`;

async function followed() {
  const folder = makeFolder();
  const database = join(folder, "chat.db");
  const store = await openStore({ url: database });
  const say = (text: string) => store.log.append({ room: "lobby", author: { id: null, name: "Ana" }, text });
  await say("there before");
  const child = spawn(process.execPath, ["--input-type=module", "-e", program(database)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value ?? `ended with ${await exited}`);
  return { say, line, exited };
}

it.each(["close", "abort"])("waits for rows by another program, and ends by itself after %s", async (end) => {
  const { say, line, exited } = await followed();
  expect(await line()).toBe("there before");
  for (const text of ["first", "second", end]) {
    await say(text);
    expect(await line()).toBe(text);
  }
  expect(await line()).toBe("over");
  expect(await exited).toBe(0);
});
