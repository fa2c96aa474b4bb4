// Runs the torture test: processes on one database, killed, frozen and cut off under writers and readers, and a verdict.
import { parseArgs } from "node:util";
import { built } from "./built.js";

const HELP = `npm run torture -- [--seconds 60] [--seed N] [--processes 3] [--only kill]
                   [--workers 2] [--store postgres | --database postgres://…]

  --seconds    how long processes are tortured (60)
  --seed       which run; the same seed draws the same acts and faults, but processes and networks have their own time
  --processes  how many server processes share the database (3)
  --workers    how many workers each process has (1: none); single ones are killed, and rolled over by SIGHUP
  --only kill  nothing but kill -9, and what is as sudden to a PostgreSQL server
  --store      sqlite: one file (the default); postgres: a cluster of its own, which is ended, started and cut off, too
  --database   a PostgreSQL database that is there, and empty; it is cut off, and not ended

Ends with 0 for PASS, 1 for FAIL, 2 for INCONCLUSIVE (too little happened), 64 for arguments that mean nothing.`;

const SEED_MAX = 1_000_000;
const EXIT_CODES = { PASS: 0, FAIL: 1, INCONCLUSIVE: 2 };

const options = readArguments(process.argv.slice(2));
const { torture } = await import(await built("torture/main"));
const { outcome, faults, line } = await torture(options);
for (const fault of faults) console.error(fault);
console.log(line);
process.exit(EXIT_CODES[outcome]);

function readArguments(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        seconds: { type: "string", default: "60" },
        seed: { type: "string", default: String(Date.now() % SEED_MAX) },
        processes: { type: "string", default: "3" },
        workers: { type: "string", default: "1" },
        only: { type: "string" },
        store: { type: "string" },
        database: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    if (values.only !== undefined && values.only !== "kill")
      throw new TypeError(`--only takes "kill", not "${values.only}".`);
    const store = values.store ?? (values.database === undefined ? "sqlite" : "postgres");
    if (store !== "sqlite" && store !== "postgres")
      throw new TypeError(`--store takes "sqlite" or "postgres", not "${store}".`);
    if (values.database !== undefined && !(store === "postgres" && isPostgres(values.database)))
      throw new TypeError("--database takes an address like postgres://user@host:5432/database.");
    return {
      seconds: whole("--seconds", values.seconds, 1, 86_400),
      seed: whole("--seed", values.seed, 0, SEED_MAX),
      processes: whole("--processes", values.processes, 1, 8),
      workers: whole("--workers", values.workers, 1, 8),
      what: values.only ?? "all",
      store,
      databaseUrl: values.database,
    };
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(64);
  }
}

function isPostgres(text) {
  return /^postgres(ql)?:\/\/[^/]/.test(text) && URL.canParse(text);
}

function whole(name, text, min, max) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new TypeError(`${name} must be a whole number from ${min} to ${max}, not "${text}".`);
}
