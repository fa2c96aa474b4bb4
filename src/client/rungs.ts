/** The transports from the best to the one that always works, and which of them are worth trying now. */
import { now } from "./clock.js";
import { keep, kept } from "./kept.js";

/**
 * Why a better transport is not used: not asked for, not in this browser, failed now, or failed a short while ago; or it is
 * not to blame, and waits to be tried again.
 */
export type Skipped = { [transport: string]: "off" | "missing" | "blocked" | "resting" | "waiting" };

export interface Rungs {
  best(): number;
  /** The last resort, whatever has become of it. */
  lowest(): number;
  /** It is not tried for ten minutes; a lasting failure is remembered for other pages, too. */
  fails(rung: number, isLasting: boolean): void;
  /** Confirms that what was tried above it is blocked, or acquits it. */
  works(rung: number, isAcquittal: boolean): void;
  skipped(rung: number): Skipped;
}

export var NAMES = ["websocket", "sse", "poll"];
export var POLL = 2;
var REST_MS = 600000;

export function choose(transports: string[]): Rungs {
  var globals = [window.WebSocket, window.EventSource, true];
  var failedAt: number[] = [0, 0, 0];

  return {
    best: function () {
      for (var i = 0; i < POLL; i++) if (!why(i)) return i;
      return lowest();
    },
    lowest: lowest,
    fails: function (rung, isLasting) {
      failedAt[rung] = now();
      if (isLasting) save(rung);
    },
    works: function (rung, isAcquittal) {
      for (var i = 0; i < rung; i++) {
        if (isAcquittal) failedAt[i] = 0;
        if (failedAt[i]) save(i);
      }
      failedAt[rung] = 0;
      save(rung);
    },
    skipped: function (rung) {
      var reasons: Skipped = {};
      for (var i = 0; i < rung; i++) reasons[NAMES[i] as string] = why(i) || "waiting";
      return reasons;
    }
  };

  function lowest(): number {
    var i = POLL;
    while (i && /off|missing/.test(why(i))) i--;
    return i;
  }

  function why(rung: number): Skipped[string] | "" {
    if (transports.join().indexOf(NAMES[rung] as string) < 0) return "off";
    if (!globals[rung]) return "missing";
    if (now() - (failedAt[rung] || 0) < REST_MS) return "blocked";
    return Math.abs(now() - Number(kept("localStorage", "rest:" + NAMES[rung]))) < REST_MS ? "resting" : "";
  }

  function save(rung: number) {
    keep("localStorage", "rest:" + NAMES[rung], String(failedAt[rung] || ""));
  }
}
