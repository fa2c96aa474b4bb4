/** The environment, read here and nowhere else. */
import { availableParallelism } from "node:os";
import proxyaddr from "proxy-addr";
import { LIMITS, type Limits } from "./core/limits.js";

export interface Config {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string;
  /** PostgreSQL only: past a pooler, for the connection that listens. */
  readonly databaseListenUrl: string | null;
  /** The first signs, all verify; empty: kept beside the database. */
  readonly sessionSecrets: readonly string[];
  readonly publicOrigins: readonly string[];
  readonly trustProxy: number | readonly string[];
  readonly logLevel: string;
  /** Processes that answer; with 1 there is no other beside them. */
  readonly workers: number;
  readonly limits: Limits;
  /** 0: everything is kept. */
  readonly keepDays: number;
  readonly keepMessages: number;
  /** So long SIGTERM is told to balancers before the server stops. */
  readonly drainS: number;
  /** Null: no metrics. */
  readonly metricsPort: number | null;
}

/** Everything that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** The variable of each limit. */
const LIMIT_NAMES: Readonly<Record<keyof Limits, string>> = {
  parkedMax: "LIMIT_PARKED",
  parkedPerAddressMax: "LIMIT_PARKED_PER_ADDRESS",
  parkedPerSessionMax: "LIMIT_PARKED_PER_SESSION",
  sendsPerSessionMax: "LIMIT_SENDS_PER_SESSION",
  sendsPerAddressMax: "LIMIT_SENDS_PER_ADDRESS",
  signInsPerAddressMax: "LIMIT_SIGNINS_PER_ADDRESS",
  roomsPerUserMax: "LIMIT_ROOMS_PER_USER",
  bodyBytesMax: "LIMIT_BODY_BYTES",
  headersMax: "LIMIT_HEADERS",
  addressBytesMax: "LIMIT_ADDRESS_BYTES",
  answerBytesMax: "LIMIT_ANSWER_BYTES",
  streamS: "LIMIT_STREAM_SECONDS",
  bufferBytesMax: "LIMIT_BUFFER_BYTES",
  turnWaitMsMax: "LIMIT_TURN_WAIT_MS",
};

const LIMIT_MAX = 1_000_000_000;

/**
 * Throws ConfigError with every mistake there is. An empty variable counts as unset. `signs`: whether the program signs
 * sessions; else it needs no secret.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  { signs = true }: { readonly signs?: boolean } = {},
): Config {
  const mistakes: string[] = [];
  const get = (name: string) => env[name]?.trim() || undefined;
  const wrong = <T>(text: string, instead: T): T => {
    mistakes.push(text);
    return instead;
  };
  const whole = (name: string, fallback: number, max: number): number => {
    const text = get(name);
    if (text === undefined) return fallback;
    if (/^[0-9]+$/.test(text) && Number(text) <= max) return Number(text);
    return wrong(`${name} must be a whole number from 0 to ${max}, not "${text}".`, fallback);
  };
  const list = (name: string) =>
    (get(name) ?? "")
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean);

  const config: Config = {
    port: whole("PORT", 3000, 65_535),
    host: get("HOST") ?? "127.0.0.1",
    databaseUrl: databaseUrl(get("DATABASE_URL") ?? "data/parkbench.db"),
    databaseListenUrl: get("DATABASE_LISTEN_URL")
      ? postgresUrl("DATABASE_LISTEN_URL", get("DATABASE_LISTEN_URL") ?? "")
      : null,
    sessionSecrets: list("SESSION_SECRET").map((secret) =>
      secret.length >= 16
        ? secret
        : wrong("SESSION_SECRET must have at least 16 characters in each secret.", secret),
    ),
    publicOrigins: list("PUBLIC_ORIGIN").map(publicOrigin),
    trustProxy: trustProxy(get("TRUST_PROXY") ?? "off"),
    workers: workers(get("WORKERS") ?? "1"),
    logLevel: logLevel(get("LOG_LEVEL") ?? "info"),
    limits: Object.fromEntries(
      Object.entries(LIMIT_NAMES).map(([limit, name]) => [
        limit,
        whole(name, LIMITS[limit as keyof Limits], LIMIT_MAX),
      ]),
    ) as unknown as Limits,
    keepDays: whole("KEEP_DAYS", 0, 36_500),
    keepMessages: whole("KEEP_MESSAGES", 0, LIMIT_MAX),
    drainS: whole("DRAIN_SECONDS", 0, 300),
    metricsPort: get("METRICS_PORT") === undefined ? null : whole("METRICS_PORT", 0, 65_535),
  };
  if (config.metricsPort === config.port && config.port !== 0)
    wrong(`METRICS_PORT and PORT must be two: both are ${config.port}.`, null);
  if (config.limits.streamS === 0)
    wrong(
      "LIMIT_STREAM_SECONDS must be 1 or more: a stream that never ends never asks who may read it.",
      null,
    );
  const isPostgres = /^postgres(ql)?:\/\//.test(config.databaseUrl);
  if (signs && isPostgres && config.sessionSecrets.length === 0)
    wrong("SESSION_SECRET must be set with PostgreSQL: all servers of the database need the same.", null);
  if (config.databaseListenUrl !== null && !isPostgres)
    wrong("DATABASE_LISTEN_URL is for a DATABASE_URL of PostgreSQL. Leave it unset.", null);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return config;

  function databaseUrl(url: string): string {
    if (/^postgres(ql)?:/.test(url)) return postgresUrl("DATABASE_URL", url);
    if (/^[a-z][a-z0-9+.-]+:/i.test(url) && !url.startsWith("file:")) {
      return wrong(
        `DATABASE_URL must be a path, a file: address or a postgres:// address, not "${url.split(":")[0]}:…".`,
        url,
      );
    }
    return url;
  }

  function postgresUrl(name: string, url: string): string {
    if (/^postgres(ql)?:\/\/[^/]/.test(url) && URL.canParse(url)) return url;
    return wrong(`${name} must be like postgres://user@host:5432/database.`, url);
  }

  function publicOrigin(text: string): string {
    const url = URL.canParse(text) ? new URL(text) : null;
    const bare =
      url !== null && url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
    if (url && bare && /^https?:$/.test(url.protocol)) return url.origin;
    return wrong(`PUBLIC_ORIGIN must be like https://chat.example:8443 without a path, not "${text}".`, text);
  }

  function trustProxy(text: string): number | readonly string[] {
    if (text === "off") return [];
    if (/^[0-9]{1,2}$/.test(text)) return Number(text);
    const addresses = text.split(",").map((address) => address.trim());
    try {
      proxyaddr.compile(addresses);
      return addresses;
    } catch {
      return wrong(
        `TRUST_PROXY must be "off", a number of proxies, or their addresses (10.0.0.0/8, loopback), not "${text}".`,
        [],
      );
    }
  }

  function workers(text: string): number {
    if (text === "auto") return availableParallelism();
    if (/^[1-9][0-9]?$/.test(text)) return Number(text);
    return wrong(`WORKERS must be "auto" or a whole number from 1 to 99, not "${text}".`, 1);
  }

  function logLevel(text: string): string {
    if (LOG_LEVELS.includes(text)) return text;
    return wrong(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, not "${text}".`, "info");
  }
}
