/** The contract is held against transports that break it: each must be found. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { standalone } from "../support/standalone.js";
import { besideFile } from "./beside.js";
import { BROKEN } from "./broken.js";
import { promisesOf } from "./contract.js";
import { Scene } from "./scene.js";
import { events, poll } from "./wire-transports.js";

/** What is known not to come is not waited for long. */
const PATIENCE_MS = 700;

const OFF = /at \d+ of \d+: /;
const MISSING = /did not come|at \d+ of \d+: /;

/** By which promises each is found, and in which words. */
const FOUND: Readonly<Record<string, readonly [RegExp, ...RegExp[]]>> = {
  "skips a row": [OFF, /^gives everything/, /random moments/, /backlog/, /took nothing/],
  "doubles a row": [OFF, /^gives everything/, /random moments/, /backlog/, /took nothing/],
  "gives a row after the one behind it": [OFF, /^gives everything/, /random moments/, /backlog/],
  "spoils a text": [OFF, /^gives everything/, /random moments/, /backlog/],
  "loses a row when it comes back": [MISSING, /random moments/],
  "doubles a row when it comes back": [OFF, /random moments/],
  "starts at the end of the log": [MISSING, /^gives everything/, /backlog/],
  "hears other rooms": [OFF, /^gives everything/],
  "has its echo all the same": [OFF, /echo/],
  "says nothing of a reset": [/did not come: a reset/, /ahead of the log/, /another log/],
  "leaves a waiter behind": [/did not come: [01] who wait/, /is closed/, /cut for good/],
};

const app = standalone();
let scene: Scene;

beforeAll(async () => {
  const { url, db, chat } = app();
  const running = { url, beside: besideFile(db), chat, parked: () => chat.tail.parked };
  await Scene.furnish(running);
  scene = new Scene(running, PATIENCE_MS);
});

afterEach(async () => {
  app().server.closeAllConnections();
  await scene.waiting(0);
});

const cases = Object.entries(FOUND).flatMap(([fault, [words, ...patterns]]) =>
  patterns.flatMap((pattern) => [poll, events].map((transport) => ({ fault, words, pattern, transport }))),
);

describe("the delivery contract", () => {
  it.each(cases)("finds $transport.name that $fault by $pattern", async (found) => {
    const { fault, words, pattern, transport } = found;
    const broken = BROKEN[fault]?.(transport);
    const [check, more] = Object.entries(promisesOf(transport)).filter(([name]) => pattern.test(name));
    if (!broken || !check || more) throw new Error("no such case");
    await expect(check[1](scene, broken)).rejects.toThrow(words);
  });

  it("has a case for every fault", () => {
    expect(Object.keys(FOUND)).toEqual(Object.keys(BROKEN));
  });
});
