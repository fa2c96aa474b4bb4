/** A WebSocket whose other end is gone is found out where there is always talk, too: no silence, no heartbeat. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { handshakeText, openSocket } from "../support/ws-client.js";

/** A frame without content. */
const PING = "\x89\x00";
const app = standalone();
let agoMs = 0;

beforeEach(() => {
  agoMs = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + agoMs);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await nobodyWaits(benchOf(app()));
});

const parked = () => until(() => app().chat.tail.parked === 1, "parked");
const talk = (text: string) => app().chat.send({ room: "lobby", text });

it("it is asked with the first row after 15 s, and cut with the first 15 s later, as it has not answered", async () => {
  const dead = await openRaw(app().port);
  dead.write(handshakeText("/ws?since=now"));
  await parked();
  await talk("before");
  await dead.until(/"before"/);
  expect(dead.received()).not.toContain(PING);
  agoMs += 15_100;
  await parked();
  await talk("the one that asks");
  await dead.until(/"the one that asks"/);
  expect(dead.received()).toContain(PING);
  await parked();
  await talk("a moment later");
  await dead.until(/"a moment later"/);
  agoMs += 15_100;
  await parked();
  await talk("never read");
  await dead.gone;
  expect(dead.received()).not.toContain("never read");
});

it("negative twin: one that answers pings gets everything", async () => {
  const alive = await openSocket(app().url, "?since=now");
  for (const text of ["one", "two", "three", "four"]) {
    await parked();
    await talk(text);
    await until(() => alive.texts().includes(text), text);
    agoMs += 15_100;
  }
  alive.socket.terminate();
});
