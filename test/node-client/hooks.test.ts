/** A program's own hooks: one that throws is the program's error, and neither the network's nor the end of anything. */
import { afterEach, describe, expect, it } from "vitest";
import { type Chat, type ConnectOptions, connect } from "../../src/node-client/index.js";
import { say } from "../support/guest.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const app = standalone();
const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

/** What nobody has caught, for the test to see in the place of its runner. */
function uncaught(): unknown[] {
  const errors: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => errors.push(error));
  ends.push(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  });
  return errors;
}

function join(options: Partial<ConnectOptions>): { readonly chat: Chat; readonly texts: string[] } {
  const chat = connect({ url: app().url, since: "now", ...options });
  ends.push(() => chat.close());
  const texts: string[] = [];
  void (async () => {
    for await (const { text } of chat) texts.push(text);
  })();
  return { chat, texts };
}

const OWN = new Error("in the program's own hook");
function throws(): never {
  throw OWN;
}

describe.each(["websocket", "sse", "poll"] as const)("by %s", (transport) => {
  it("onOpen that throws changes no transport and loses nothing", async () => {
    const errors = uncaught();
    const troubles: string[] = [];
    const { chat, texts } = join({
      transports: [transport],
      onOpen: throws,
      onTrouble: ({ code }) => troubles.push(code),
    });
    await until(() => chat.transport === transport, transport);
    await say(app().url, "Ana", "after the hook");
    await until(() => texts.length > 0, "the message");
    expect(texts).toEqual(["after the hook"]);
    expect(errors).toEqual([OWN]);
    expect(troubles).toEqual([]);
  });

  it("onReset that throws is called once, and all rows of the newest page come", async () => {
    await say(app().url, "Ana", `newest of ${transport}`);
    const errors = uncaught();
    const { texts } = join({ transports: [transport], since: "1-XXXX", onReset: throws });
    await until(() => texts.includes(`newest of ${transport}`), "the newest page");
    await say(app().url, "Ana", `later by ${transport}`);
    await until(() => texts.at(-1) === `later by ${transport}`, "what came later");
    expect(errors).toEqual([OWN]);
  });
});

it("stays on the best transport of all while onOpen throws", async () => {
  const errors = uncaught();
  const { chat, texts } = join({ onOpen: throws });
  await until(() => chat.transport !== null, "a transport");
  await say(app().url, "Ana", "over it");
  await until(() => texts.length > 0, "the message");
  expect([chat.transport, errors.length]).toEqual(["websocket", 1]);
});

it("onTrouble that throws ends no loop", async () => {
  const errors = uncaught();
  let isAway = true;
  const { chat } = join({
    url: "http://127.0.0.1:1/",
    onTrouble() {
      if (errors.length > 0) isAway = false;
      throws();
    },
  });
  let hasEnded = false;
  const loop = chat[Symbol.asyncIterator]()
    .next()
    .finally(() => {
      hasEnded = true;
    });
  await until(() => !isAway, "trouble once more after the first");
  expect(hasEnded).toBe(false);
  chat.close();
  expect(await loop).toMatchObject({ done: true });
});

it("none that behaves is heard of as an error", async () => {
  const errors = uncaught();
  const heard: string[] = [];
  const { texts } = join({
    since: "1-XXXX",
    onOpen: (name) => heard.push(name),
    onReset: (reason) => heard.push(reason),
  });
  await until(() => texts.length > 0, "the newest page");
  expect(heard).toEqual(["websocket", "epoch"]);
  expect(errors).toEqual([]);
});
