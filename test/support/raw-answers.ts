/** The answers in what came over a bare connection. */
import type { PollBody } from "./http-client.js";
import type { RawSocket } from "./raw-socket.js";
import { until } from "./until.js";

export interface RawAnswer {
  readonly version: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** All complete answers, in their order; `text` is latin1, one character per byte. */
export function answersIn(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) return answers;
    const [statusLine = "", ...lines] = rest.slice(0, headEnd).split("\r\n");
    const [version = "", status = "0"] = statusLine.split(" ");
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const bodyEnd = headEnd + 4 + Number(headers["content-length"] ?? 0);
    if (rest.length < bodyEnd) return answers;
    answers.push({ version, status: Number(status), headers, body: rest.slice(headEnd + 4, bodyEnd) });
    rest = rest.slice(bodyEnd);
  }
}

/** Waits until there are so many. */
export async function answersOf(socket: RawSocket, count: number): Promise<readonly RawAnswer[]> {
  await until(
    () => answersIn(socket.received()).length >= count,
    () => `${count} answers; what came: ${socket.received()}`,
  );
  return answersIn(socket.received());
}

export function bodyOf(answer: RawAnswer | undefined): PollBody {
  return JSON.parse(answer?.body ?? "null") as PollBody;
}
