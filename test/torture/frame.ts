/** One send in a frame of a WebSocket of its own, and what it was answered. */
import { WebSocket } from "ws";
import type { Answer } from "../support/http-client.js";

/** Rejects when no answer came whole. `url` is a process, by way of its hop. */
export function sendInFrame(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws?since=now`, { headers, origin: url });
    const end = () => socket.terminate();
    signal.addEventListener("abort", end, { once: true });
    socket.on("open", () => socket.send(JSON.stringify(fields)));
    socket.on("message", (data) => {
      const text = String(data);
      const status = statusIn(text);
      if (status === null) return;
      resolve({ status, headers: {}, text });
      end();
    });
    socket.on("unexpected-response", (req, { statusCode = 0, headers }) => {
      resolve({ status: statusCode, headers, text: "(handshake)" });
      req.destroy();
    });
    socket.on("error", reject);
    socket.on("close", (code) => {
      signal.removeEventListener("abort", end);
      reject(new Error(`closed with ${code} before the answer`));
    });
  });
}

/** Null: what others say, which comes here, too. Whether it can be read is for the readers to see. */
function statusIn(text: string): number | null {
  try {
    return (JSON.parse(text) as { status?: number }).status ?? null;
  } catch {
    return null;
  }
}
