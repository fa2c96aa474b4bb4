/** What createChat can be told: every option with its default, and one check. */
import { WAIT_S_MAX } from "./core/limits.js";
import { type Logger, silent } from "./core/logger.js";
import type { Identity } from "./identity/identity.js";

export interface ChatOptions {
  /** The SQLite file: a path or a `file:` address. Default `data/parkbench.db`. */
  readonly database?: string;
  /** Who people are in the host application. Default: a name kept in the session (`req.session`). */
  readonly identity?: Identity | null;
  /**
   * Signs form tokens; the first signs, all verify. Default: one made anew by each process, so that forms opened
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
  /** Most parked requests in this process, 0 for no limit. Default 0. */
  readonly parkedMax?: number;
  /** For diagnostics; pino fits. Default: says nothing. */
  readonly logger?: Logger;
  /** Called once when the database file was deleted or replaced under the running program. */
  readonly onStorageLost?: (error: Error) => void;
  /** Reads the session cookie without express-session: how the standalone server keeps polls cheap. */
  readonly sessionCookie?: { readonly name: string; readonly secrets: readonly string[] } | null;
}

export type CheckedOptions = Readonly<Required<ChatOptions>>;

const DEFAULTS: Omit<CheckedOptions, "guests"> = {
  database: "data/parkbench.db",
  identity: null,
  secrets: [],
  publicOrigins: [],
  trustProxy: [],
  waitS: 25,
  parkedMax: 0,
  logger: silent,
  onStorageLost: () => {},
  sessionCookie: null,
};

/** Fills in defaults. Throws TypeError for an unknown option or a value out of range, naming it. */
export function checkOptions(options: ChatOptions): CheckedOptions {
  const checked: CheckedOptions = { ...DEFAULTS, guests: !options.identity, ...options };
  for (const name of Object.keys(options)) {
    if (!(name in checked) || (name !== "guests" && !(name in DEFAULTS)))
      throw new TypeError(`Unknown option "${name}"`);
  }
  if (typeof checked.database !== "string" || checked.database === "")
    throw new TypeError('"database" must be a path');
  if (checked.identity && typeof checked.identity.identify !== "function") {
    throw new TypeError('"identity" must have a function "identify"');
  }
  if (!Number.isInteger(checked.waitS) || checked.waitS < 0 || checked.waitS > WAIT_S_MAX) {
    throw new TypeError(`"waitS" must be a whole number from 0 to ${WAIT_S_MAX}`);
  }
  if (!Number.isInteger(checked.parkedMax) || checked.parkedMax < 0) {
    throw new TypeError('"parkedMax" must be a whole number, 0 for no limit');
  }
  for (const origin of checked.publicOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`"publicOrigins" must hold origins like https://chat.example, not "${origin}"`);
    }
  }
  return checked;
}
