/** A WebSocket: frames with rows, for minutes. */
import { WebSocket } from "ws";
import { answerIn, objectIn, problemIn } from "./answer.js";
import { Deadline } from "./deadline.js";
import { ChatError, connectionError } from "./errors.js";
import { readWhole } from "./http.js";
import { FIRST_FRAME_MS, type Line, SILENCE_MS } from "./transport.js";

const FRAME_BYTES_MAX = 64 * 1024 * 1024;
/** After the server's own end: not all at once. */
const COME_BACK_MS = 2000;
const SOON_MS = 500;

/** The closing codes after which to come back in time; any other end is a failure. */
const ORDERLY: Readonly<Record<number, () => number>> = {
  // Its life is over.
  1000: () => Math.random() * SOON_MS,
  // The server stops, and a new one takes its place; or it is full, or we were too slow.
  1012: () => Math.random() * COME_BACK_MS,
  1013: () => COME_BACK_MS / 2 + Math.random() * COME_BACK_MS,
  // The session is another: as who we are now.
  4001: () => Math.random() * SOON_MS,
  // A newer connection of ours has taken over, perhaps one that a proxy made a second time.
  4002: () => COME_BACK_MS / 2,
};

export async function websocket(line: Line): Promise<number> {
  const deadline = new Deadline(line.signal, FIRST_FRAME_MS);
  const url = line.address("ws");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, {
    headers: line.http.headers,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_MAX,
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      let hasCounted = false;
      let taking = Promise.resolve();
      let untaken = 0;
      deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason));
      socket.on("unexpected-response", (_req, res) => {
        readWhole(res).then(({ text, status }) => reject(blocked(problemIn(text, status))), reject);
      });
      socket.on("error", (error) => reject(connectionError(error)));
      socket.on("message", (data, isBinary) => {
        // While the loop is behind, the socket is not read from; what was read already waits its turn.
        socket.pause();
        deadline.pause();
        untaken += 1;
        taking = taking.then(async () => {
          await takeFrame(line, String(data), isBinary);
          hasCounted = true;
          untaken -= 1;
          if (untaken > 0) return;
          deadline.renew(SILENCE_MS);
          socket.resume();
        });
        taking.catch(reject);
      });
      socket.on("close", (code, reason) => {
        const comeBackMs = ORDERLY[code];
        const end = () =>
          comeBackMs && (hasCounted || code === 1012 || code === 1013)
            ? resolve(comeBackMs())
            : reject(new ChatError(0, "cut", `The WebSocket closed: ${code} ${reason.toString()}`.trimEnd()));
        taking.then(end, reject);
      });
    });
  } finally {
    deadline.clear();
    // Whatever it still says concerns nobody: a handshake that is cut says so as an error.
    socket.removeAllListeners();
    socket.on("error", () => {});
    socket.terminate();
  }
}

/** Acknowledgements and problems are for sends, which go another way. */
async function takeFrame(line: Line, text: string, isBinary: boolean): Promise<void> {
  if (isBinary) throw new ChatError(101, "garbled", "A binary frame came.");
  const value = objectIn(text, 101);
  if ("messages" in value) await line.take(answerIn(value));
}

/** A page or a plain answer instead of the upgrade: something on the way took the Upgrade header out. */
function blocked(problem: ChatError): ChatError {
  if (problem.isFinal && problem.status !== 426) return problem;
  if (problem.status >= 500) return problem;
  return new ChatError(
    problem.status,
    "blocked",
    `The upgrade to a WebSocket did not pass (${problem.status}).`,
  );
}
