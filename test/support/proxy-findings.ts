/** What becomes of each transport behind a proxy, found by using it as browsers and curl do. */
import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { say } from "./guest.js";
import { call, pollBody } from "./http-client.js";
import { talk } from "./middlebox-scene.js";
import { startTalkers } from "./middlebox-talkers.js";
import { type Reader, readSocket, readStream } from "./proxy-reader.js";
import type { Standalone } from "./standalone.js";
import { tools } from "./tools.js";
import { until } from "./until.js";

export interface Findings {
  /** The empty answer of a poll that waited in vain, and what a later one heard. */
  readonly poll: string;
  readonly events: string;
  readonly html: string;
  readonly webSocket: string;
  /** The status of a signing-in that has a browser's Origin: by the page's form, and without its token. */
  readonly form: string;
  readonly bareOrigin: string;
  readonly curl: string;
}

/** With PUBLIC_ORIGIN set to the proxy's address. */
export interface Settled {
  readonly withPublicOrigin: string;
  /** The transport that the browser's client and the one for Node use in the end. */
  readonly clients: string;
}

/** Long enough to be a park; the tables of the proxy guide are about longer ones. */
const WAIT_S = 4;

export async function findOut(app: Standalone, url: string): Promise<Findings> {
  const events = readStream(url, "/events?since=now");
  const html = readStream(url, "/rooms/lobby/live?since=now");
  const socket = readSocket(url, url);
  try {
    const idle = pollBody(await call(`${url}/poll?since=now&wait=${WAIT_S}&client=idle`));
    const parked = call(`${url}/poll?since=${idle.next}&client=parked`);
    const text = `said through ${url}`;
    await say(url, "Ana", `${text}, elsewhere`, "elsewhere");
    await say(url, "Ana", text);
    const heard = pollBody(await parked).messages.map((message) => message.text);
    return {
      poll: idle.messages.length === 0 && heard.join() === text ? "live" : `${heard}`,
      events: await stateOf(events, text),
      html: await stateOf(html, text),
      webSocket: await stateOf(socket, text),
      form: await signInByForm(url, "Bo"),
      bareOrigin: await signInFrom(url),
      curl: await byCurl(app, url),
    };
  } finally {
    for (const reader of [events, html, socket]) reader.close();
  }
}

/** `live` when the text came while the transport was open; `held` when it is open and nothing comes. */
async function stateOf(reader: Reader, text: string): Promise<string> {
  const { refused, isOpen } = reader;
  const isSettled = () => refused() !== null || !isOpen() || reader.text().includes(text);
  await until(isSettled, "the text").catch(() => {});
  if (refused() !== null) return String(refused());
  if (reader.text().includes("elsewhere")) return "another room's";
  if (!reader.text().includes(text)) return isOpen() ? "held" : "cut";
  return isOpen() ? "live" : "late";
}

/** Both clients talk through it, with others and with each other. `code` is the built browser client. */
export async function settle(code: string, app: Standalone, url: string): Promise<string> {
  const talkers = startTalkers(code, url, "0", [["websocket", "sse", "poll"]]);
  try {
    await talk({ app, talkers }, 1);
    await talk({ app, talkers }, 2);
    return [...new Set(talkers.map((talker) => talker.transport()))].join(" and ");
  } finally {
    for (const talker of talkers) talker.close();
  }
}

/** The status of a signing-in with a browser's Origin and without a form's token. */
export async function signInFrom(url: string): Promise<string> {
  return String((await signIn(url, { name: "Cy" })).status);
}

async function signInByForm(url: string, name: string): Promise<string> {
  const { text } = await call(`${url}/`, { headers: { accept: "text/html" } });
  const token = /name="token" value="([^"]+)"/.exec(text)?.[1] ?? "";
  return String((await signIn(url, { name, token, page: "1" })).status);
}

/** As a browser does that is on a plain-http site, where there are no Sec-Fetch headers. */
function signIn(url: string, form: Readonly<Record<string, string>>): ReturnType<typeof call> {
  return call(`${url}/session`, { form, headers: { origin: url, referer: `${url}/` } });
}

async function byCurl(app: Standalone, url: string): Promise<string> {
  if (!tools.curl) return "-";
  const curl = async (...args: string[]) =>
    (await promisify(execFile)(tools.curl ?? "", ["-sS", ...args])).stdout;
  const before = app.chat.tail.parked;
  const waiting = curl(`${url}/poll?since=now&client=curl`);
  await until(() => app.chat.tail.parked > before, "curl's poll, parked");
  await curl("-d", "name=Di", "--data-urlencode", "text=by curl", `${url}/send`);
  return (JSON.parse(await waiting) as { messages: { text: string }[] }).messages[0]?.text === "by curl"
    ? "live"
    : "lost";
}

/** What becomes of the longest wait that there is, and of streams that nothing is said in. */
export async function keepsForAMinute(url: string): Promise<object> {
  const events = readStream(url, "/events?since=now");
  const socket = readSocket(url, url);
  try {
    const poll = call(`${url}/poll?since=now&wait=45`);
    const endsAt = performance.now() + 75_000;
    while (events.isOpen() && performance.now() < endsAt) await pause(200);
    return {
      poll: (await poll).status,
      events: /retry: \d+\n\n$/.test(events.text()) ? "ended" : events.text(),
      webSocket: socket.isOpen() ? "open" : String(socket.refused()),
    };
  } finally {
    events.close();
    socket.close();
  }
}
