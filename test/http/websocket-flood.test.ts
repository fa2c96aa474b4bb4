/** Frames that cost nothing to refuse are refused one a turn: whoever else asks meanwhile is not held up by them. */
import { afterEach, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { call } from "../support/http-client.js";
import { openRaw } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";
import { frameOf, handshakeText } from "../support/ws-client.js";

const app = standalone();
const FRAMES = 4000;

afterEach(() => {
  vi.restoreAllMocks();
});

it.each([
  ["malformed", "{"],
  ["refused", '{"text":""}'],
])("a flood of %s frames lets another request's answer through before its own", async (_what, frame) => {
  const raw = await openRaw(app().port);
  raw.write(handshakeText("/ws?since=now"));
  await raw.until(/"messages":\[\]/);
  const sent = vi.spyOn(WebSocket.prototype, "send");
  raw.write(Buffer.concat(Array.from({ length: FRAMES }, () => frameOf(1, frame))));
  await until(() => sent.mock.calls.length > 0, "the first answer");
  const other = await call(`${app().url}/healthz`);
  expect(other.status).toBe(200);
  expect(sent.mock.calls.length).toBeLessThan(FRAMES / 2);
  await until(() => sent.mock.calls.length === FRAMES, "an answer to each");
  raw.reset();
  await nobodyWaits(benchOf(app()));
});
