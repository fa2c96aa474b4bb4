/** Nobody waits in front of another request: its answer would be held up, and the connection not be seen to go. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { embedded } from "../support/embedded.js";
import { answersOf, bodyOf } from "../support/raw-answers.js";
import { openRaw, type RawSocket, rawGet } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { turn } from "../support/turn.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();
const host = embedded();

/** More than node reads ahead of whoever takes it: it then reads nothing more of the connection. */
const MUCH_BYTES = 300_000;

const withBody = (line: string, bytes: number) =>
  `${line} HTTP/1.1\r\nHost: chat\r\nContent-Length: ${MUCH_BYTES}\r\n\r\n${"x".repeat(bytes)}`;

const ALIVE = /"ok"/;

const PLACES = [
  { mounted: "on its own", at: "", bench: () => benchOf(app()) },
  { mounted: "in a host's application", at: "/chat", bench: () => host().bench },
] as const;

const ENDS: readonly (readonly [string, (socket: RawSocket) => void])[] = [
  ["a FIN", (socket) => socket.end()],
  ["a RST", (socket) => socket.reset()],
];

/** So that a page is more than node keeps of answers that wait for their turn. */
beforeAll(async () => {
  for (let n = 0; n < 40; n++) {
    await app().chat.send({ room: "lobby", text: "x".repeat(900) });
    await host().chat.send({ room: "lobby", text: "x".repeat(900) });
  }
});

describe.each(PLACES)("$mounted", ({ at, bench }) => {
  afterEach(() => nobodyWaits(bench()));

  const port = () => Number(new URL(bench().url).port);
  const parked = (count: number) =>
    until(
      () => bench().parked() === count,
      () => `${count} parked; ${bench().parked()} are`,
    );
  const WAITS = ["/poll?since=now&wait=45", "/check/wait?s=45", "/events?since=now", "/rooms/lobby/live"];

  describe.each(WAITS)("%s", (path) => {
    it("is answered when a request comes behind it", async () => {
      const socket = await openRaw(port());
      socket.write(rawGet(at + path));
      await parked(1);
      socket.write(rawGet(`${at}/healthz`));
      await socket.until(ALIVE);
      await parked(0);
      socket.end();
      await socket.gone;
    });

    it("does not wait at all when a request has come behind it before", async () => {
      const socket = await openRaw(port());
      socket.write(rawGet(at + path) + rawGet(`${at}/healthz`));
      await socket.until(ALIVE);
      await parked(0);
      socket.end();
      await socket.gone;
    });

    it.each(ENDS)("leaves with %s behind pages that nobody has read yet", async (_how, end) => {
      const socket = await openRaw(port());
      socket.write(rawGet(at + path));
      await parked(1);
      socket.write(rawGet(`${at}/rooms/lobby`));
      for (let n = 0; n < 50; n++) await turn();
      socket.write(rawGet(`${at}/rooms/lobby`));
      for (let n = 0; n < 50; n++) await turn();
      end(socket);
      await parked(0);
    });

    it.each(ENDS)("leaves with %s behind a body that nobody takes", async (_how, end) => {
      const socket = await openRaw(port());
      socket.write(rawGet(at + path));
      await parked(1);
      socket.write(withBody(`POST ${at}/nothing`, MUCH_BYTES - 1));
      for (let n = 0; n < 50; n++) await turn();
      end(socket);
      await parked(0);
    });
  });

  it.each(["wait?since=now", "live"])(
    "/rooms/lobby/%s takes no body: behind it nothing is read",
    async (page) => {
      const socket = await openRaw(port());
      socket.write(withBody(`GET ${at}/rooms/lobby/${page}`, MUCH_BYTES));
      await socket.until(/body_not_allowed/);
      expect(bench().parked()).toBe(0);
      socket.reset();
    },
  );

  it("negative twin: what is asked behind an answer is parked", async () => {
    const socket = await openRaw(port());
    socket.write(rawGet(`${at}/rooms/lobby`) + rawGet(`${at}/poll?since=now&wait=45`));
    await parked(1);
    for (let n = 0; n < 50; n++) await turn();
    expect(bench().parked()).toBe(1);
    socket.reset();
  });

  it("a poll that made way has the cursor it came with, and is told to come back", async () => {
    const socket = await openRaw(port());
    socket.write(rawGet(`${at}/poll?since=now&wait=45`) + rawGet(`${at}/poll?since=now&wait=0`));
    const [first, second] = await answersOf(socket, 2);
    expect(bodyOf(first)).toMatchObject({ messages: [], next: bodyOf(second).next });
    expect(bodyOf(first).retry).toBeGreaterThan(0);
    socket.end();
  });
});
