/** What a request says: query and body as fields, strictly decoded. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import getRawBody from "raw-body";
import { type ErrorCode, ParkbenchError } from "../core/errors.js";
import { ROWS_DEFAULT, ROWS_MAX } from "../core/limits.js";

/** Values by name; what came as JSON may hold anything, so a string is taken out with `only`. */
export type Fields = ReadonlyMap<string, readonly unknown[]>;

/** Percent-encoding makes three bytes of one, and \u escapes up to three: 4,000 Chinese characters are 36,000 bytes. */
const ENCODED_MAX = 3;

/** Throws `bad_encoding` for malformed percent escapes, which a lenient parser would turn into U+FFFD. */
export function queryOf(req: Pick<IncomingMessage, "url">): Fields {
  const url = req.url ?? "";
  const mark = url.indexOf("?");
  return mark === -1 ? new Map() : parsePairs(url.slice(mark + 1));
}

/** The single string under a name, or undefined; throws `code` when it is repeated, an array or an object. */
export function only(fields: Fields, name: string, code: ErrorCode): string | undefined {
  const values = fields.get(name);
  if (values === undefined) return undefined;
  const [value] = values;
  if (values.length > 1)
    throw new ParkbenchError(code, `"${name}" is given ${values.length} times. Give it once.`);
  if (typeof value !== "string") throw new ParkbenchError(code, `"${name}" must be a string.`);
  return value;
}

/** Digits only: a negative, fractional or exponential number is a mistake, and is said to be one. */
export function numberIn(query: Fields, name: string, code: ErrorCode): number | null {
  const text = only(query, name, code);
  if (text === undefined) return null;
  if (/^[0-9]+$/.test(text)) return Number(text);
  throw new ParkbenchError(code, `"${name}" must be a whole number that is not negative.`);
}

/** How many rows an answer may hold. */
export function limitIn(query: Fields): number {
  const limit = numberIn(query, "limit", "bad_limit") ?? ROWS_DEFAULT;
  if (limit === 0) throw new ParkbenchError("bad_limit", `"limit" must be 1 to ${ROWS_MAX}.`);
  return Math.min(limit, ROWS_MAX);
}

/** Reads a form or a JSON object of at most so many bytes. A host's body parser that has been here first is respected. */
export async function readFields(req: IncomingMessage, bytesMax: number): Promise<Fields> {
  const parsed = (req as { body?: unknown }).body;
  if (parsed !== undefined) return fieldsOf(parsed);
  const type = req.headers["content-type"];
  if (type === undefined && !hasBody(req)) return new Map();
  const encoding = req.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new ParkbenchError("unsupported_type", "Send the body without Content-Encoding.");
  }
  const [media, charset] = type === JSON_TYPE ? PLAIN_JSON : parseType(type ?? "");
  if (charset !== "utf-8") throw new ParkbenchError("unsupported_type", "Send the body in UTF-8.");
  if (media === "application/json") return fieldsOf(parseJson(await readText(req, bytesMax), bytesMax));
  if (media === "application/x-www-form-urlencoded")
    return parseForm(await readText(req, bytesMax), bytesMax);
  throw new ParkbenchError(
    "unsupported_type",
    "Send the body as application/json or application/x-www-form-urlencoded, and say so in Content-Type.",
  );
}

const JSON_TYPE = "application/json";
const PLAIN_JSON = [JSON_TYPE, "utf-8"] as const;

/** Throws `body_not_allowed`: Node parks a GET whose declared body never comes, then cuts it with 408 (measured). */
export function refuseBody(req: IncomingMessage): void {
  if (!hasBody(req)) return;
  throw new ParkbenchError(
    "body_not_allowed",
    "This request takes no body. Put everything into the address.",
  );
}

export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

/** Throws `bad_host`: Node answers a request with two Host headers as if it had one (measured). */
export function refuseTwoHosts(req: IncomingMessage): void {
  let hosts = 0;
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1) throw new ParkbenchError("bad_host", "The request has more than one Host header.");
}

async function readText(req: IncomingMessage, bytesMax: number): Promise<string> {
  let bytes: Buffer;
  try {
    const limit = Number.isFinite(bytesMax) ? ENCODED_MAX * bytesMax : null;
    bytes = await getRawBody(req, { limit, length: req.headers["content-length"] ?? null });
  } catch (error) {
    if ((error as { type?: unknown }).type === "entity.too.large") throw tooLarge(bytesMax);
    throw new ParkbenchError("bad_request", "The body ended before it was complete.", { cause: error });
  }
  if (isUtf8(bytes)) return bytes.toString();
  throw new ParkbenchError("bad_encoding", "The body is not valid UTF-8.");
}

function parseForm(text: string, bytesMax: number): Fields {
  const fields = parsePairs(text);
  let bytes = 0;
  for (const [name, values] of fields)
    for (const value of values) bytes += Buffer.byteLength(name + value) + 2;
  if (bytes > bytesMax) throw new TooLargeForm(fields, bytesMax);
  return fields;
}

/** Too large to be taken, but read: the page can give the text back. */
export class TooLargeForm extends ParkbenchError {
  readonly fields: Fields;
  constructor(fields: Fields, bytesMax: number) {
    super("too_large", tooLarge(bytesMax).message);
    this.fields = fields;
  }
}

function tooLarge(bytesMax: number): ParkbenchError {
  const most = bytesMax % 1024 === 0 ? `${bytesMax / 1024} KiB` : `${bytesMax} bytes`;
  return new ParkbenchError("too_large", `The request is larger than ${most}. Send less at once.`);
}

const ESCAPED_PAIR = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}/g;
const ESCAPED = /\\u[0-9a-fA-F]{4}/g;

/** Throws `too_large` or `bad_json`. */
export function parseJson(text: string, bytesMax: number): unknown {
  // As many bytes as the characters have that the escapes stand for.
  const plain = text.includes("\\u")
    ? text.replace(ESCAPED_PAIR, "\u{10000}").replace(ESCAPED, "\uFFFF")
    : text;
  if (Buffer.byteLength(plain) > bytesMax) throw tooLarge(bytesMax);
  try {
    return JSON.parse(text);
  } catch {
    throw new ParkbenchError("bad_json", "The body is not valid JSON.");
  }
}

/** Own properties only, so that a key named `__proto__` is a field like any other, and ignored like any unknown one. */
export function fieldsOf(content: unknown): Fields {
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ParkbenchError("bad_json", "The body must be an object with named fields.");
  }
  const fields = new Map<string, readonly unknown[]>();
  for (const [name, value] of Object.entries(content)) fields.set(name, [value]);
  return fields;
}

function parsePairs(text: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
    const values = fields.get(name);
    if (values) values.push(value);
    else fields.set(name, [value]);
  }
  return fields;
}

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.includes("+") ? text.replaceAll("+", " ") : text);
  } catch {
    throw new ParkbenchError("bad_encoding", `Malformed percent-encoding in "${text.slice(0, 40)}".`);
  }
}

/** Media type and charset in lower case; no charset is UTF-8. */
function parseType(header: string): [media: string, charset: string] {
  const [media = "", ...parameters] = header.toLowerCase().split(";");
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]+)"?\s*$/.exec(parameter)?.[1])
    .find(Boolean);
  return [media.trim(), charset === "utf8" ? "utf-8" : (charset ?? "utf-8")];
}
