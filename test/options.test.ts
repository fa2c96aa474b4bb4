/** What createChat can be told: what is left out gets its default, what cannot be is named before anything is opened. */
import { describe, expect, it } from "vitest";
import { LIMITS } from "../src/core/limits.js";
import { silent } from "../src/core/logger.js";
import { type ChatOptions, createChat } from "../src/index.js";
import { checkOptions } from "../src/options.js";

const identify = () => null;
const SECRET = "sixteen letters!";

/** As from a program without types. */
const untyped = (options: unknown) => options as ChatOptions;

describe("an option that is left out", () => {
  it.each([
    "database",
    "databaseListen",
    "identity",
    "secrets",
    "publicOrigins",
    "trustProxy",
    "guests",
    "waitS",
    "limits",
    "keepDays",
    "keepMessages",
    "logger",
    "onStorageLost",
    "sessionCookie",
  ] as const)("or given as undefined has its default: %s", (name) => {
    const checked = checkOptions(untyped({ [name]: undefined }));
    expect(Object.keys(checked)).toContain(name);
    expect(checked).toEqual(checkOptions({}));
    expect(checked[name]).not.toBeUndefined();
  });

  it("lets guests post with the built-in identity only", () => {
    expect(checkOptions(untyped({ identity: undefined, guests: undefined })).guests).toBe(true);
    expect(checkOptions({ identity: null }).guests).toBe(true);
    expect(checkOptions(untyped({ identity: { identify }, guests: undefined })).guests).toBe(false);
    expect(checkOptions({ identity: { identify }, guests: true }).guests).toBe(true);
  });
});

const GOOD: readonly [keyof ChatOptions, ...unknown[]][] = [
  ["database", "data/chat.db", "file:data/chat.db", "postgres://db/chat"],
  ["databaseListen", null, "postgres://db/chat"],
  ["identity", null, { identify }, { identify, mayRead: undefined }, { identify, mayPost: () => true }],
  ["secrets", [], [SECRET], [SECRET, `${SECRET} of before`]],
  ["publicOrigins", [], ["https://chat.school"], ["http://a:81", "https://b"]],
  ["trustProxy", 0, 2, [], ["loopback", "10.0.0.0/8"]],
  ["guests", true, false],
  ["waitS", 0, 45],
  ["keepDays", 0, 90],
  ["keepMessages", 0, 100_000],
  ["logger", silent],
  ["onStorageLost", () => {}],
  ["sessionCookie", null, { name: "sid", secrets: ["keyboard cat"] }],
];

const BAD: readonly [keyof ChatOptions, ...unknown[]][] = [
  ["database", "", null, 5],
  ["databaseListen", "", 5],
  [
    "identity",
    {},
    "ana",
    identify,
    ...["sessionOf", "mayRead", "mayPost"].map((name) => ({ identify, [name]: true })),
  ],
  ["secrets", SECRET, null, [""], [undefined], [SECRET, SECRET.slice(1)], [5], new Array(1)],
  ["publicOrigins", "https://a", null, [5], ["a"], ["https://a/"], ["https://a/b"], ["ftp://a"], ["null"]],
  ["trustProxy", "loopback", null, -1, 1.5, Number.NaN, true, [5], [""]],
  ["guests", null, 1, "yes"],
  ["waitS", -1, 46, 1.5, "25", null],
  [
    "limits",
    null,
    5,
    { parked: 5 },
    { parkedMax: -1 },
    { parkedMax: 0.5 },
    { parkedMax: "5" },
    { parkedMax: null },
    { streamS: 0 },
  ],
  ["keepDays", -1, 0.5, Number.POSITIVE_INFINITY, "5", null],
  ["keepMessages", -1, 0.5, null],
  ["logger", {}, null, { ...silent, error: undefined }, { ...silent, info: "yes" }, { ...silent, warn: 1 }],
  ["onStorageLost", 5, null, {}],
  [
    "sessionCookie",
    {},
    "sid",
    { name: "sid" },
    { name: "", secrets: [SECRET] },
    { name: "sid", secrets: SECRET },
  ],
  ["sessionCookie", { name: "sid", secrets: [] }, { name: "sid", secrets: [""] }],
];

const each = (list: typeof GOOD) =>
  list.flatMap(([name, ...values]) => values.map((value) => ({ name, value })));

it("takes some limits, and the defaults for the others", () => {
  const limits = { parkedMax: 0, sendsPerSessionMax: 3 };
  expect(checkOptions({ limits }).limits).toEqual({ ...LIMITS, ...limits });
  expect(checkOptions(untyped({ limits: { streamS: undefined } })).limits).toEqual(LIMITS);
});

describe("a value", () => {
  it.each(each(GOOD))("that can be is taken as it is: $name $value", ({ name, value }) => {
    expect(checkOptions(untyped({ [name]: value }))[name]).toBe(value);
  });

  it.each(each(BAD))("that cannot be is refused by the option's name: $name $value", ({ name, value }) => {
    const create = () => createChat(untyped({ [name]: value }));
    expect(create).toThrow(TypeError);
    expect(create).toThrow(`"${name}" must be `);
  });

  it("that is a secret is not repeated in the error", () => {
    for (const secrets of ["a short one", ["a short one"]])
      expect(() => checkOptions(untyped({ secrets }))).toThrow(/^(?!.*a short one).*at least 16 characters/);
  });
});

it.each(["secret", "toString", "__proto__x"])("an unknown option is refused by its name: %s", (name) => {
  for (const value of [undefined, SECRET])
    expect(() => createChat(untyped({ [name]: value }))).toThrow(new TypeError(`Unknown option "${name}"`));
});

it.each([null, "data/chat.db", 5, identify])("what is no object is refused: %s", (options) => {
  expect(() => createChat(untyped(options))).toThrow(new TypeError("The options must be an object"));
});
