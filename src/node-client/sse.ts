/** Server-sent events: one answer that goes on, for about a minute. */
import type { IncomingMessage } from "node:http";
import { type Answer, answerIn, isCursor, isMessage, objectIn, problemIn } from "./answer.js";
import { Deadline } from "./deadline.js";
import { ChatError, connectionError } from "./errors.js";
import { readWhole } from "./http.js";
import { SseParser, type StreamEvent } from "./sse-parser.js";
import { FIRST_FRAME_MS, type Line, SILENCE_MS } from "./transport.js";

export async function sse(line: Line): Promise<number> {
  const deadline = new Deadline(line.signal, FIRST_FRAME_MS);
  try {
    const res = await line.http.open(line.address("events"), deadline.signal, {
      accept: "text/event-stream",
    });
    const type = res.headers["content-type"] ?? "";
    if (res.statusCode !== 200 || !/^text\/event-stream\s*(;|$)/i.test(type)) {
      const { status, text } = await readWhole(res);
      throw problemIn(text, status);
    }
    return await read(res, line, deadline);
  } catch (error) {
    throw deadline.signal.aborted ? deadline.signal.reason : connectionError(error);
  } finally {
    deadline.clear();
  }
}

/** Up to its end; resolves with the last `retry`. */
async function read(res: IncomingMessage, line: Line, deadline: Deadline): Promise<number> {
  const parser = new SseParser();
  let hasCounted = false;
  for await (const bytes of res as AsyncIterable<Buffer>) {
    for (const event of parser.feed(bytes)) {
      // A loop that is behind is not the server's silence.
      deadline.pause();
      await line.take(answerOf(event));
      hasCounted = true;
    }
    // Rows that were not for us have moved the cursor: an id that comes without data.
    if (hasCounted && isCursor(parser.lastId))
      await line.take({ messages: [], next: parser.lastId, more: false, retry: 0 });
    // Comments count only afterwards: something may let them through and hold the rest.
    if (hasCounted) deadline.renew(SILENCE_MS);
  }
  // Full, or stopping: the server says when to come back, and nothing else.
  if (parser.retryMs !== null) return parser.retryMs;
  if (hasCounted) return 0;
  throw new ChatError(200, "cut", "The stream ended before it said anything.");
}

/** An event is a row, or the answer object that begins a stream. */
function answerOf({ data, id }: StreamEvent): Answer {
  const value = objectIn(data, 200);
  if (!isMessage(value)) return answerIn({ ...value, ...(isCursor(id) && { next: id }) });
  if (!isCursor(id)) throw new ChatError(200, "garbled", "A row came without its cursor.");
  return { messages: [value], next: id, more: false, retry: 0 };
}
