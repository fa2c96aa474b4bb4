// Prints how soon readers wake and what the database has to do as processes are added: the product's own Tail, bell and
// groups over a modelled network and database, in virtual time.
import { parseArgs } from "node:util";
import { built } from "./built.js";

/** Of which there is at least one, and no half. */
const COUNTS = new Set(["readers", "roomReaders", "databaseCores"]);
const PROCESSES = "1,2,3,10,30,100";
const { scale, MODEL } = await import(await built("scale/main"));
const named = Object.fromEntries(Object.keys(MODEL).map((name) => [optionOf(name), name]));
const HELP = `npm run scale -- [--processes ${PROCESSES}] [--seed 1] [--flush-ms 2] ...
npm run scale -- measure

  Without messages-all or messages-each: two tables, the same load for all, and a load that grows with the processes.
  measure prints what the costs were taken from: CPU of PostgreSQL and of a server. Two minutes; needs PostgreSQL's programs.

  What can be changed, and what it is (docs/scale.md says what each means):
${Object.entries(named)
  .map(([option, name]) => `    --${option.padEnd(20)} ${MODEL[name]}`)
  .join("\n")}

Ends with 0, with 1 when a reader has missed something or got it twice, with 64 for arguments that mean nothing.`;

const asked = readArguments(process.argv.slice(2));
if (asked.isMeasuring) {
  const { measure } = await import("./scale/measure.js");
  await measure();
  process.exit(0);
}
process.exit((await scale(asked.given, asked.processes, console.log)) ? 0 : 1);

function readArguments(args) {
  try {
    const text = { type: "string" };
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        processes: { type: "string", default: PROCESSES },
        help: { type: "boolean", short: "h", default: false },
        ...Object.fromEntries(Object.keys(named).map((option) => [option, text])),
      },
    });
    if (values.help) {
      console.log(HELP);
      process.exit(0);
    }
    if (positionals.some((word) => word !== "measure"))
      throw new TypeError(`There is nothing called "${positionals[0]}" here.`);
    const options = Object.entries(named).filter(([option]) => values[option] !== undefined);
    return {
      isMeasuring: positionals.length > 0,
      processes: values.processes.split(",").map((count) => number("--processes", count, true)),
      given: Object.fromEntries(
        options.map(([option, name]) => [name, number(`--${option}`, values[option], COUNTS.has(name))]),
      ),
    };
  } catch (error) {
    console.error(`${error.message}\n\n${HELP}`);
    process.exit(64);
  }
}

function number(name, text, isWhole) {
  const [value, min] = [Number(text), isWhole ? 1 : 0];
  const fits = text.trim() !== "" && value >= min && value <= 1_000_000;
  if (fits && !(isWhole && !Number.isInteger(value))) return value;
  throw new TypeError(
    `${name} must be a ${isWhole ? "whole " : ""}number from ${min} to 1,000,000, not "${text}".`,
  );
}

function optionOf(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
