/** Tries at the start whether node:http is inside what the parser lane takes it for. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Turn } from "./lane.js";
import { openParserLane } from "./parser-lane.js";
import { PollAnswer } from "./whole-answer.js";

const TRIAL_MS = 2000;
const IN_ORDER =
  /^HTTP\/1.1 200 OK\r\n[\s\S]*?\r\n\r\nreleased \/poll\?1HTTP[\s\S]*?\r\n\r\nnodeHTTP[\s\S]*?\r\n\r\nthe last$/;

/**
 * On a real connection over loopback: answers in the order of the requests, beside those of node's own, on a connection that
 * is taken for busy while it waits and that ends when it is told to. False where any of it is otherwise.
 */
export async function parserLaneWorks(): Promise<boolean> {
  let held: Turn | null = null;
  const server = createServer((_req, res) => {
    res.once("close", () => server.emit("nodesOwn"));
    res.end("node");
  });
  openParserLane(server, (req, lane) => {
    held = lane;
    lane.waiting = { release: () => lane.answer(answerOf(`released ${req.url}`), false) };
    server.emit("held");
    return true;
  });
  const signal = AbortSignal.timeout(TRIAL_MS);
  try {
    server.listen({ port: 0, host: "127.0.0.1", exclusive: true });
    await once(server, "listening", { signal });
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    signal.addEventListener("abort", () => socket.destroy());
    const said = everything(socket);
    // A trial that ends before it is awaited must not end the process.
    said.catch(() => {});
    const ask = (path: string) => socket.write(`GET ${path} HTTP/1.1\r\nHost: trial\r\n\r\n`);
    const firstHeld = once(server, "held", { signal });
    ask("/poll?1");
    await firstHeld;
    const nodesOwn = once(server, "nodesOwn", { signal });
    ask("/node");
    await nodesOwn;
    const secondHeld = once(server, "held", { signal });
    ask("/poll?2");
    await secondHeld;
    server.closeIdleConnections();
    (held as Turn | null)?.answer(answerOf("the last"), true);
    return IN_ORDER.test(await said);
  } catch {
    return false;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

function answerOf(text: string): PollAnswer {
  return new PollAnswer(Buffer.from(text));
}

async function everything(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}
