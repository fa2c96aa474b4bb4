/** The scripts parse in Internet Explorer 8 and name nothing that it lacks without asking first. */
import { describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { parseOld, unguarded } from "../support/old-script.js";

const built = builtClient();

describe.each(["client", "tabs", "page", "check"] as const)("%s.js", (entry) => {
  it("parses as ECMAScript 3, reserved words included", () => {
    expect(() => parseOld(built().code(entry))).not.toThrow();
  });

  it("uses no built-in without a guard that Internet Explorer 8 lacks", () => {
    expect(unguarded(built().code(entry))).toEqual([]);
  });
});

it("client.js has at most 4 KiB gzipped, and the build says how much", () => {
  const bytes = Number(/client\.js: \d+ bytes, (\d+) gzipped/.exec(built().log)?.[1]);
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThanOrEqual(4096);
});

describe("what is refused", () => {
  it.each(["let a = 1", "a = () => 1", "a.default", "a.catch()", "a = {get b() {}}", "a = {b: 1,}", "`a`"])(
    "syntax: %s",
    (code) => {
      expect(() => parseOld(code)).toThrow();
    },
  );

  it.each([
    ["new Promise(f)", "Promise"],
    ["fetch(a)", "fetch"],
    ["JSON.parse(a)", "JSON"],
    ["window.addEventListener('a', f)", ".addEventListener"],
    ["Object.keys(a)", ".keys"],
    ["a.forEach(f)", ".forEach"],
    ["' a'.trim()", ".trim"],
    ["a.textContent = b", ".textContent"],
    ["Date.now()", ".now"],
    ["if (window.JSON) new WebSocket(a)", "WebSocket"],
  ])("a built-in: %s", (code, name) => {
    expect(unguarded(code)).toEqual([name]);
  });

  it.each([
    "if (window.JSON) JSON.parse(a)",
    "typeof Promise !== 'undefined' && Promise.resolve(a)",
    "if ('addEventListener' in window) a.addEventListener('b', f)",
    "a.addEventListener ? a.addEventListener('b', f) : a.attachEvent('onb', f)",
    "'a'.indexOf('b')",
    "a = { keys: 1 }.keys",
  ])("not: %s", (code) => {
    expect(unguarded(code)).toEqual(code.includes("keys") ? [".keys"] : []);
  });
});
