/** A logger by which whatever is refused is counted: it goes wherever an error can become a problem. */
import type { Counts } from "../core/counts.js";
import type { Logger } from "../core/logger.js";
import { ERROR_CODES, type RefusalLogger } from "./errors.js";

export function countingRefusals(logger: Logger, counts: Counts): Required<RefusalLogger> {
  counts.expect(["full", ...ERROR_CODES]);
  return {
    info: (fields, text) => logger.info(fields, text),
    warn: (fields, text) => logger.warn(fields, text),
    error: (fields, text) => logger.error(fields, text),
    refused: (code) => counts.refuse(code),
  };
}
