/** The client behind broken middleboxes: it settles on what passes, and gives every row once, in order. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Chat, type ConnectOptions, connect, type TransportName } from "../../src/node-client/index.js";
import { type Faults, type Middlebox, startMiddlebox } from "../support/middlebox.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const ALL: readonly TransportName[] = ["websocket", "sse", "poll"];

// The 5 s themselves are held in silence.test.ts.
vi.mock("../../src/node-client/transport.js", async (original) => ({
  ...(await original<object>()),
  FIRST_FRAME_MS: 500,
}));

const app = standalone();
const ends: (() => unknown)[] = [];
// Little time between two attempts.
beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.01);
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const end of ends.splice(0).reverse()) await end();
});

async function behind(faults: Faults, options: Partial<ConnectOptions> = {}) {
  const box = await startMiddlebox(app().port, faults);
  ends.push(() => box.close());
  const opened: string[] = [];
  const chat = connect({
    url: box.url,
    since: "now",
    name: "Ana",
    onOpen: (name) => opened.push(name),
    ...options,
  });
  ends.push(() => chat.close());
  return { box, chat, opened };
}

/** Everything that comes, from now on. */
function collect(chat: Chat): string[] {
  const texts: string[] = [];
  void (async () => {
    for await (const message of chat) texts.push(message.text);
  })();
  return texts;
}

function says(text: string): Promise<unknown> {
  return app().chat.send({ room: "lobby", text });
}

/** Sends through the box and straight to the server in turn; resolves when all of it has been seen. */
async function converse(chat: Chat, seen: string[], topic: string, count = 6): Promise<void> {
  const from = seen.length;
  const texts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const text = `${topic} ${index}`;
    texts.push(text);
    await (index % 2 === 0 ? says(text) : chat.send(text));
  }
  await until(
    () => seen.length >= from + count,
    () => `all of ${texts}; came: ${seen.slice(from)}`,
  );
  expect(seen.slice(from)).toEqual(texts);
}

describe("the transport", () => {
  it.each<[string, Faults, string]>([
    ["nothing", {}, "websocket"],
    ["an upgrade that does not pass", { upgrade: "plain" }, "sse"],
    ["no upgrade and streams held back", { upgrade: "plain", holds: true }, "poll"],
    ["a 101 and then silence", { upgrade: "silent" }, "sse"],
  ])("behind %s", async (_what, faults, transport) => {
    const { chat } = await behind(faults);
    const seen = collect(chat);
    await until(
      () => chat.transport === transport,
      () => `${transport}, is ${chat.transport}`,
    );
    await converse(chat, seen, transport);
    expect(chat.transport).toBe(transport);
  });

  it("changes in the middle of a conversation, and nothing is lost or doubled", async () => {
    const { box, chat, opened } = await behind({});
    const seen = collect(chat);
    await until(() => chat.transport === "websocket", "a WebSocket");
    await converse(chat, seen, "at first");
    change(box, { upgrade: "plain" });
    // While nothing is connected.
    await says("in between");
    await until(() => seen.at(-1) === "in between", "what was said in between");
    expect(chat.transport).toBe("sse");
    await converse(chat, seen, "then");
    change(box, { upgrade: "plain", holds: true });
    await says("in between again");
    await until(() => seen.at(-1) === "in between again", "what was said then");
    await converse(chat, seen, "at last");
    expect(opened).toEqual(["websocket", "sse", "poll"]);
    expect(seen).toHaveLength(20);
  });
});

function change(box: Middlebox, faults: Faults): void {
  box.faults = faults;
  box.cut();
}

describe.each<[string, Faults, readonly TransportName[]]>([
  ["some requests are reset", { resets: true, oneIn: 3 }, ALL],
  ["some are answered by an error page", { htmlStatus: 502, oneIn: 3 }, ["sse", "poll"]],
  ["some answers are lost", { losesAnswers: true, oneIn: 3 }, ALL],
  ["GETs are asked twice", { replaysGets: true }, ["sse", "poll"]],
  ["POSTs are sent twice", { doublesPosts: true }, ALL],
  ["everything lives for a moment", { cutMs: 60 }, ALL],
])("where %s, every row comes once", (_what, faults, transports) => {
  it.each(transports)("by %s", async (transport) => {
    const { box, chat } = await behind(faults, { transports: [transport] });
    const seen = collect(chat);
    await until(() => chat.transport === transport, "the first frame");
    const hasStruck = () => Object.keys(box.counts.struck).length > 0;
    // A conversation that is quick leaves nothing to cut.
    if (faults.cutMs !== undefined) await until(hasStruck, "the first cut");
    // Until the fault has struck, or it would show nothing.
    do await converse(chat, seen, transport);
    while (!hasStruck());
  });
});

describe("where answers are kept in spite of no-store", () => {
  it("no address is used twice, though the cursor stays where it is", async () => {
    const { box, chat } = await behind({ cachesGets: true }, { transports: ["poll"], waitS: 1 });
    const seen = collect(chat);
    await until(() => box.counts.requests >= 4, "polls from one cursor");
    await converse(chat, seen, "kept");
    expect(box.counts.struck.cachesGets).toBeUndefined();
  });
});
