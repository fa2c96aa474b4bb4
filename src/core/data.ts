/** What a host adds to a message beside its text: a JSON object, within bounds in both directions. */
import { ParkbenchError } from "./errors.js";
import { DATA_BYTES_MAX, DATA_LEVELS_MAX } from "./limits.js";
import type { Message } from "./message.js";

/** A host's data as it is kept. Too much is refused here, because readers would not get it. */
export function encodeData(data: Message["data"]): string | null {
  if (data === null) return null;
  const isShallow = isWithin(data, DATA_LEVELS_MAX);
  const json = isShallow ? JSON.stringify(data) : "";
  if (isShallow && Buffer.byteLength(json) <= DATA_BYTES_MAX) return json;
  throw new ParkbenchError(
    "too_large",
    "A message's data may be 8 KiB of JSON at most, nested 100 levels at most.",
  );
}

/** Limits first: JSON.parse takes any depth, but JSON.stringify overflows the stack at some 4,000 levels. */
export function decodeData(json: string): Message["data"] {
  if (json.length > DATA_BYTES_MAX) return null;
  try {
    const data: unknown = JSON.parse(json);
    const isObject = typeof data === "object" && data !== null && !Array.isArray(data);
    return isObject && isWithin(data, DATA_LEVELS_MAX) ? (data as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether nothing is nested deeper. A value that contains itself is not within any number of levels. */
function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}
