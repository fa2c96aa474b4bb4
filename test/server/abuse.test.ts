/** Bad input at the socket, one after another on one server: it lives, forgets the abusers and serves the others. */
import { setMaxListeners } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRoom, say } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { hasReadAll, type ParkedPoll, parkPolls } from "../support/parked.js";
import { openRaw } from "../support/raw-socket.js";
import { type ServerProcess, startServer } from "../support/server.js";

const PIPELINED = 500;

let server: ServerProcess;
let bystander: ParkedPoll | undefined;

beforeAll(async () => {
  server = await startServer();
  await makeRoom(server.url, "Ana", "annex", "Annex");
  [bystander] = await parkPolls(server.url, 1, "room=lobby&wait=45");
});

afterAll(() => server.stop("SIGKILL"));

/** Into a room where nothing is ever said: whoever is left behind there stays, and is counted at the end. */
const POLL = "/poll?since=1&wait=45&room=annex HTTP/1.1";
const GET = "Host: chat\r\n\r\n";

function post(body: string, type: string, length = Buffer.byteLength(body)): string {
  return `POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** Sends bytes and waits until the server has closed; what it answered. */
async function exchange(bytes: string | Buffer): Promise<string> {
  const socket = await openRaw(server.port);
  socket.write(bytes);
  await socket.gone;
  return socket.received();
}

test.each<[string, string | Buffer, RegExp]>([
  ["no Host", "GET /poll?since=now HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 400 /],
  [
    "two Hosts",
    `GET /poll?since=now HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n${GET}`,
    /^HTTP\/1\.1 400 .*"code":"bad_host"/s,
  ],
  [
    "two Hosts at a send",
    post("text=x&name=Eve", "application/x-www-form-urlencoded").replace(
      "Host: chat",
      "Host: chat\r\nHost: evil\r\nConnection: close",
    ),
    /^HTTP\/1\.1 400 /,
  ],
  ["two lengths", post("a", "text/plain").replace("Host", "Content-Length: 7\r\nHost"), /^HTTP\/1\.1 400 /],
  [
    "length and chunks",
    post("a", "text/plain").replace("Host", "Transfer-Encoding: chunked\r\nHost"),
    /^HTTP\/1\.1 400 /,
  ],
  ["garbage", Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 151) % 256)), /^HTTP\/1\.1 400 /],
  ["a TLS greeting", Buffer.from("16030100c8010000c40303", "hex"), /^HTTP\/1\.1 400 /],
  ["a NUL in the address", `GET /poll?since=\0 HTTP/1.1\r\n${GET}`, /^HTTP\/1\.1 400 /],
  ["a method that nobody knows", `FROBNICATE /poll HTTP/1.1\r\n${GET}`, /^HTTP\/1\.1 400 /],
  ["an address of 20 kB", `GET /poll?since=${"1".repeat(20_000)} HTTP/1.1\r\n${GET}`, /^HTTP\/1\.1 431 /],
  [
    "a poll with a body that never comes",
    `GET /poll?since=now HTTP/1.1\r\nContent-Length: 5\r\n${GET}`,
    /^HTTP\/1\.1 400 .*"code":"body_not_allowed"/s,
  ],
  [
    "a bad percent-escape in the path",
    `GET /rooms/%E0%A4%A HTTP/1.1\r\nConnection: close\r\n${GET}`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a body that says it is larger than any may be",
    post("x", "application/json", 10_000_000),
    /^HTTP\/1\.1 413 .*"code":"too_large"/s,
  ],
])("%s is answered, and the connection closed", async (_, bytes, answer) => {
  expect(await exchange(bytes)).toMatch(answer);
});

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

test.each([
  ["30,000 deep", nested(30_000), 413],
  ["15,000 deep and never closed", "[".repeat(15_000), 400],
  ["as deep as the limit lets in", nested(8_000), 400],
  ["deep below a field", `{"text":${nested(8_000)},"name":"Eve"}`, 400],
  ["with __proto__ as a field", '{"__proto__":{"name":"Eve"},"text":"x"}', 400],
])("JSON %s is refused", async (_, json, status) => {
  expect((await call(`${server.url}/send`, { json })).status).toBe(status);
});

test("a body that is cut off, by an end and by a reset, stores nothing", async () => {
  for (const cut of ["end", "reset"] as const) {
    const socket = await openRaw(server.port);
    socket.write(post("name=Eve&text=half", "application/x-www-form-urlencoded", 500));
    await hasReadAll(server.url);
    socket[cut]();
    await socket.gone;
  }
  expect((await call(`${server.url}/history?room=lobby`)).text).not.toContain("half");
});

test(`of ${PIPELINED} polls pipelined on one socket the last is parked, and forgotten when it is cut`, async () => {
  const socket = await openRaw(server.port);
  socket.write(`GET ${POLL}\r\n${GET}`.repeat(PIPELINED));
  await hasReadAll(server.url);
  socket.reset();
  await socket.gone;
});

test("polls that are aborted while they are parked", async () => {
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  const polls = await parkPolls(server.url, 50, "room=annex&wait=45", { signal: abort.signal });
  abort.abort();
  const ends = await Promise.allSettled(polls.map(({ answer }) => answer));
  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  for (const end of ["end", "reset"] as const) {
    const socket = await openRaw(server.port);
    socket.write(`GET ${POLL}\r\n${GET}`);
    await hasReadAll(server.url);
    socket[end]();
    await socket.gone;
  }
});

test("afterwards the poll that was parked all the time gets its message, and it has gone through no error", async () => {
  await say(server.url, "Bob", "still there?");
  expect(bystander && pollBody(await bystander.answer).messages).toMatchObject([{ text: "still there?" }]);
  expect(server.output()).not.toMatch(/"level":[56]0|Warning/);
});

test("nobody is left behind: of all that were parked, the stop finds the one who waits now", async () => {
  const [last] = await parkPolls(server.url, 1);
  expect(await server.stop()).toBe(0);
  expect((await last?.answer)?.status).toBe(200);
  expect(server.output()).toContain('"parked":1,"msg":"stopping: SIGTERM"');
});

test(`negative twin: of ${PIPELINED} pipelined polls that are not cut the last is counted`, async ({
  onTestFinished,
}) => {
  const other = await startServer();
  onTestFinished(async () => void (await other.stop("SIGKILL")));
  const socket = await openRaw(other.port);
  socket.write(`GET /poll?since=0&wait=45 HTTP/1.1\r\n${GET}`.repeat(PIPELINED));
  await hasReadAll(other.url);
  await other.stop();
  expect(other.output()).toContain(`"parked":1,"msg":"stopping: SIGTERM"`);
});
