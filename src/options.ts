/** What createChat can be told: every option with its default, and one check. */
import { LIMITS, type Limits, WAIT_S_MAX } from "./core/limits.js";
import { type Logger, silent } from "./core/logger.js";
import type { Identity } from "./identity/identity.js";

export interface ChatOptions {
  /** The SQLite file: a path or a `file:` address; or a `postgres://` address. Default `data/parkbench.db`. */
  readonly database?: string;
  /** Where `database` leads to a pooler (PgBouncer): PostgreSQL's own address, to listen at. Default: that of `database`. */
  readonly databaseListen?: string | null;
  /** Who people are in the host application. Default: a name kept in the session (`req.session`). */
  readonly identity?: Identity | null;
  /**
   * Signs form tokens; the first signs, all verify; 16 characters at least. Default, or empty: one made anew by each process, so that forms opened
   * before a restart are asked to be sent once more.
   */
  readonly secrets?: readonly string[];
  /** Scheme, host and port that people use (`https://chat.school`), exact. Default: none, and Host decides. */
  readonly publicOrigins?: readonly string[];
  /** Proxies whose X-Forwarded-For is believed: a number of hops, or addresses and ranges. Default: none. */
  readonly trustProxy?: number | readonly string[];
  /** May people who are not signed in post under a name they give? Default: yes with the built-in identity only. */
  readonly guests?: boolean;
  /** How long a poll stays parked when it does not say, in seconds. Default 25: proxies cut at 50 and 60 (measured). */
  readonly waitS?: number;
  /** How much of everything; what is left out has its default (docs/limits.md). 0: no limit, but for `streamS`. */
  readonly limits?: Partial<Limits>;
  /** Messages older than this many days are removed. Default 0: they are kept. */
  readonly keepDays?: number;
  /** Of each room only this many newest messages are kept. Default 0: all are. */
  readonly keepMessages?: number;
  /** For diagnostics; pino fits. Default: says nothing. */
  readonly logger?: Logger;
  /** Called once when the database file was deleted or replaced under the running program. */
  readonly onStorageLost?: (error: Error) => void;
  /** Reads the session cookie without express-session: how the standalone server keeps polls cheap. */
  readonly sessionCookie?: { readonly name: string; readonly secrets: readonly string[] } | null;
}

/** As for SESSION_SECRET. */
const SECRET_CHARS_MIN = 16;

export type CheckedOptions = Readonly<Required<Omit<ChatOptions, "limits">>> & { readonly limits: Limits };

const DEFAULTS: Omit<CheckedOptions, "guests"> = {
  database: "data/parkbench.db",
  databaseListen: null,
  identity: null,
  secrets: [],
  publicOrigins: [],
  trustProxy: [],
  waitS: 25,
  limits: LIMITS,
  keepDays: 0,
  keepMessages: 0,
  logger: silent,
  onStorageLost: () => {},
  sessionCookie: null,
};

type Check = readonly [fits: (value: unknown) => boolean, must: string];

const CHECKS: Readonly<Record<keyof ChatOptions, Check>> = {
  database: [isFilled, "a path, a file: address or a postgres:// address"],
  databaseListen: [(value) => value === null || isFilled(value), "null or a postgres:// address"],
  identity: [
    (value) => value === null || isIdentity(value),
    'null or an object with a function "identify" and, where given, functions "sessionOf", "mayRead", "mayPost" and "mayModerate"',
  ],
  secrets: [isListOf(isSecret), "an array of strings of at least 16 characters each"],
  publicOrigins: [
    isListOf(isOrigin),
    "an array of origins like https://chat.example, without a slash at the end",
  ],
  trustProxy: [
    (value) => isWhole(value) || isListOf(isFilled)(value),
    "a whole number of proxies, or an array of their addresses and ranges",
  ],
  guests: [(value) => typeof value === "boolean", "true or false"],
  waitS: [(value) => isWhole(value) && value <= WAIT_S_MAX, `a whole number from 0 to ${WAIT_S_MAX}`],
  limits: [
    isLimits,
    `an object of whole numbers, 0 for no limit but in streamS, under any of ${Object.keys(LIMITS).join(", ")}`,
  ],
  keepDays: [isWhole, "a whole number of days, 0 to keep everything"],
  keepMessages: [isWhole, "a whole number of messages, 0 to keep all"],
  logger: [hasFunctions("info", "warn", "error"), 'an object with functions "info", "warn" and "error"'],
  onStorageLost: [isFunction, "a function"],
  sessionCookie: [
    (value) => value === null || isCookie(value),
    'null or an object with a string "name" and an array of at least one string "secrets"',
  ],
};

/**
 * Fills in defaults; an option that is undefined counts as not given. Throws TypeError for an unknown option or a value
 * that cannot be, naming the option and never the value: it may be a secret.
 */
export function checkOptions(options: ChatOptions): CheckedOptions {
  if (!isObject(options)) throw new TypeError("The options must be an object");
  const given = defined(options);
  const checked: CheckedOptions = {
    ...DEFAULTS,
    guests: !given.identity,
    ...given,
    limits: filled(given.limits),
  };
  for (const name of Object.keys(options))
    if (!Object.hasOwn(CHECKS, name)) throw new TypeError(`Unknown option "${name}"`);
  for (const [name, [fits, must]] of Object.entries(CHECKS))
    if (!fits(checked[name as keyof ChatOptions])) throw new TypeError(`"${name}" must be ${must}`);
  return checked;
}

/** What is no object is left for the check to refuse. */
function filled(limits: unknown): Limits {
  return isObject(limits) || limits === undefined
    ? { ...LIMITS, ...defined(limits ?? {}) }
    : (limits as Limits);
}

function defined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function hasFunctions(...names: readonly string[]): (value: unknown) => boolean {
  return (value) => isObject(value) && names.every((name) => isFunction(value[name]));
}

function isFilled(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isLimits(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.entries(value).every(([name, limit]) => Object.hasOwn(LIMITS, name) && isWhole(limit)) &&
    value.streamS !== 0
  );
}

/** Array.from, as `every` passes over the holes of a sparse array. */
function isListOf(fits: (item: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && Array.from(value).every((item) => fits(item));
}

function isIdentity(value: unknown): boolean {
  return (
    hasFunctions("identify")(value) &&
    isObject(value) &&
    ["sessionOf", "mayRead", "mayPost", "mayModerate"].every(
      (name) => value[name] === undefined || isFunction(value[name]),
    )
  );
}

function isSecret(value: unknown): boolean {
  return isFilled(value) && value.length >= SECRET_CHARS_MIN;
}

function isOrigin(value: unknown): boolean {
  return isFilled(value) && /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

/** Of any length: they are those with which the cookie was signed, by whoever did that. */
function isCookie(value: unknown): boolean {
  if (!isObject(value) || !isFilled(value.name) || !Array.isArray(value.secrets)) return false;
  return value.secrets.length > 0 && isListOf(isFilled)(value.secrets);
}
