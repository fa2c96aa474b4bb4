/** GET /history: the newest messages of a room below an id, for going back. */
import { formatCursor } from "../core/cursor.js";
import type { MessageLog } from "../core/log.js";
import type { Logger } from "../core/logger.js";
import { askerOf, type Identity } from "../identity/identity.js";
import { JSON_TYPE, writeAnswer } from "./answer.js";
import { encodeMessages } from "./encode.js";
import { problemOf, writeProblem } from "./errors.js";
import { refuseMethod } from "./methods.js";
import type { Handler } from "./poll.js";
import type { ReadableRooms } from "./readable-rooms.js";
import { limitIn, only, queryOf } from "./request.js";
import { parseBefore } from "./start.js";

export interface HistoryParts {
  readonly log: MessageLog;
  readonly rooms: ReadableRooms;
  readonly identity: Identity;
  readonly logger: Logger;
}

export function historyHandler({ log, rooms, identity, logger }: HistoryParts): Handler {
  return (req, res) => {
    if (refuseMethod(req, res, ["GET", "HEAD"], logger)) return;
    const run = async () => {
      const query = queryOf(req);
      const room = only(query, "room", "bad_room") ?? "lobby";
      const before = parseBefore(only(query, "before", "bad_before")) ?? Number.MAX_SAFE_INTEGER;
      const limit = limitIn(query);
      const { user } = await askerOf(identity, req);
      await rooms.mustRead(user, [room]);
      const { messages, more } = await log.before([room], before, limit);
      const next = formatCursor(messages.at(-1)?.id ?? 0, log.epoch);
      const body = `{"messages":${encodeMessages(messages)},"next":"${next}","more":${more}}`;
      writeAnswer(res, 200, JSON_TYPE, body);
    };
    run().catch((error: unknown) => writeProblem(req, res, problemOf(error, logger)));
  };
}
