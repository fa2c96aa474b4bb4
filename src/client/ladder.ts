/** Which transport is used: the best that has proven itself, one step down when it fails, and up again later. */
import { now, pause } from "./clock.js";
import { events } from "./events.js";
import type { Transport } from "./line.js";
import type { Batch, Problem } from "./message.js";
import { poller } from "./poll.js";
import type { Reader } from "./reader.js";
import { choose, NAMES, POLL } from "./rungs.js";
import { websocket } from "./websocket.js";

export type { Skipped } from "./rungs.js";

export interface Ladder {
  /** Things may be better than they were: do not wait for a dead connection or a long pause to end. */
  wake(): void;
  /** Leaves what is there and reads anew from the cursor. */
  restart(): void;
  stop(): void;
}

interface Attempt {
  rung: number;
  at: number;
  isProven: boolean;
  isOver: boolean;
  timer: number;
  close(): void;
}

var FIRST_FRAME_MS = 5000;
/** A WebSocket brings something every 15 s, a stream ends by itself before: else they are dead and nobody has said so. */
var WATCH_MS = [40000, 75000];
var YOUNG_MS = 40000;
var YOUNG_MAX = 3;
var STALE_MS = 20000;
var LOOK_UP_MS = 60000;

export function climb(reader: Reader): Ladder {
  var transports: Transport[] = [websocket, events, poller()];
  var rungs = choose(reader.transports);
  var current: Attempt | null = null;
  var trial: Attempt | null = null;
  var isStopped = false;
  var heardAt = 0;
  var failures = 0;
  var breaks = 0;
  var timer = 0;
  var lookUpTimer = 0;
  var hasWorked: boolean[] = [];
  // Nothing worked lately, the lowest included: what failed meanwhile was not the transport's fault.
  var isNetworkSuspect = false;
  /** The server is full or stops: what it ends then has not failed. */
  var isServerBusy = false;

  connect();
  return {
    wake: function () {
      if (!current) connect();
      else if (current.rung === POLL || now() - Math.max(heardAt, current.at) > STALE_MS) restart();
    },
    restart: restart,
    stop: stop
  };

  function stop() {
    isStopped = true;
    leave();
  }

  function leave() {
    clearTimeout(timer);
    clearTimeout(lookUpTimer);
    end(current);
    end(trial);
    current = trial = null;
  }

  function restart() {
    leave();
    connect();
  }

  function connect() {
    clearTimeout(timer);
    if (!isStopped) current = open(rungs.best());
  }

  function open(rung: number): Attempt {
    var attempt: Attempt = {
      rung: rung,
      at: now(),
      isProven: false,
      isOver: false,
      timer: rung === POLL ? 0 : setTimeout(fail, FIRST_FRAME_MS),
      close: function () {}
    };
    try {
      attempt.close = (transports[rung] as Transport)({ address: reader.address, take: take, over: over });
    } catch (_refused) {
      setTimeout(fail, 0);
    }
    return attempt;

    function take(batch: Batch) {
      if (attempt.isOver) return;
      var isFirst = !attempt.isProven;
      heardAt = now();
      isServerBusy = !!batch.retry || (isFirst && isServerBusy);
      if (isFirst || !rung) {
        clearTimeout(attempt.timer);
        if (rung < POLL) attempt.timer = setTimeout(restart, WATCH_MS[rung]);
      }
      if (isFirst) prove(attempt);
      reader.take(batch);
    }

    // Some browsers hand a timer's function an argument of their own.
    function fail() {
      over();
    }

    function over(problem?: Problem | null, delayMs?: number) {
      if (attempt.isOver) return;
      end(attempt);
      if (attempt === trial) {
        trial = null;
        if (!delayMs && !isServerBusy) rungs.fails(rung, true);
      } else lose(attempt, problem || null, delayMs || 0);
    }
  }

  function end(attempt: Attempt | null) {
    if (!attempt || attempt.isOver) return;
    attempt.isOver = true;
    clearTimeout(attempt.timer);
    attempt.close();
  }

  /** Its first frame has come. */
  function prove(attempt: Attempt) {
    var rung = attempt.rung;
    clearTimeout(timer);
    attempt.isProven = hasWorked[rung] = true;
    if (attempt === trial) {
      end(current);
      current = attempt;
      trial = null;
    }
    failures = 0;
    rungs.works(rung, isNetworkSuspect || isServerBusy);
    clearTimeout(lookUpTimer);
    if (rung) lookUpTimer = setTimeout(lookUp, isNetworkSuspect ? Math.random() * 2000 : LOOK_UP_MS);
    isNetworkSuspect = false;
    reader.opened(NAMES[rung] as string, rungs.skipped(rung));
  }

  function lose(attempt: Attempt, problem: Problem | null, delayMs: number) {
    var rung = attempt.rung;
    current = null;
    if (problem) {
      stop();
      return reader.failed(problem);
    }
    if (attempt.isProven && rung < POLL) {
      breaks = !delayMs && now() - attempt.at < YOUNG_MS ? breaks + 1 : 0;
      if (breaks < YOUNG_MAX) return later(delayMs);
      hasWorked[rung] = false;
    }
    breaks = 0;
    if (rung === rungs.lowest()) {
      isNetworkSuspect = true;
      delayMs = Math.max(delayMs, pause(++failures));
    } else {
      // The server is full or stops: a poll gets what there is all the same, and nothing has to be blamed.
      if (delayMs) isServerBusy = true;
      else if (hasWorked[rung]) isNetworkSuspect = true;
      hasWorked[rung] = false;
      rungs.fails(rung, false);
    }
    later(delayMs);
    reader.closed(NAMES[rung] as string);
  }

  function later(delayMs: number) {
    timer = setTimeout(connect, delayMs);
  }

  /** A better one is tried beside the present one, which goes on until the first frame has come. */
  function lookUp() {
    var rung = rungs.best();
    if (current && current.isProven && !trial && rung < current.rung) trial = open(rung);
    lookUpTimer = setTimeout(lookUp, LOOK_UP_MS);
  }
}
