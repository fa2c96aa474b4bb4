/** Several tabs, one connection: one of them reads for all, and each takes what it does not have yet. */
import { bus, type Word } from "./bus.js";
import type { Core } from "./core.js";
import { follows, holds, isCursor, meet } from "./cursors.js";
import { lead } from "./lead.js";
import type { Batch } from "./message.js";
import type { Skipped } from "./rungs.js";

var ANSWER_MS = 3000;
var BEAT_MS = 20000;
/** A hidden tab's timers may run once a minute. */
var SILENCE_MS = 75000;

function join(core: Core) {
  var chat = core.chat;
  var rooms = core.rooms;
  var start = core.start;
  var stop = core.stop;
  var wake = core.wake;
  var opened = core.opened;
  var closed = core.closed;
  var failed = core.failed;
  var isLeader = false;
  var isFollower = false;
  var isOff = false;
  var hasAsked = false;
  var isAsking = false;
  var why: Skipped = {};
  var timer = 0;
  var others = bus(core.url, hear);
  var say = others.say;
  /** What it reads for other tabs, in the order they asked. */
  var granted: string[][] = [];
  var leave = lead(core.url, crowned, deposed);

  core.take = function (batch) {
    var since = core.cursor;
    core.cursor = batch.next;
    if (isLeader) tell(since, batch);
    core.show(own(batch));
    if (!isLeader && !hasAsked) ask();
  };
  core.opened = function (transport, skipped) {
    why = skipped;
    opened(transport, skipped);
    if (isLeader) beat();
  };
  core.closed = function (why) {
    closed(why);
    if (isLeader) say({ rooms: [], since: "", lost: why });
  };
  core.failed = function (problem) {
    // Somebody's room may not be read any more, whoever's: those are left to themselves, the last to come first.
    var refused = isLeader && granted.pop();
    if (!refused) {
      part();
      return failed(problem);
    }
    core.rooms = core.rooms.slice(0, core.rooms.length - refused.length);
    say({ rooms: refused, since: "", isRefused: true });
    stop();
    start();
  };
  core.wake = function () {
    if (isFollower) ask();
    wake();
  };
  core.stop = function () {
    clearTimeout(timer);
    leave();
    others.close();
    stop();
  };
  ask();

  function crowned() {
    if (core.isClosed || isOff) return;
    isLeader = true;
    if (isFollower) alone();
    say({ rooms: [], since: "", isNew: true });
    beat();
  }

  function deposed() {
    isLeader = false;
    core.rooms = rooms;
    granted = [];
    ask();
  }

  /** While it leads it is heard now and then, so that who waits in vain knows. */
  function beat() {
    clearTimeout(timer);
    timer = setTimeout(beat, BEAT_MS);
    if (isLeader) tell(core.cursor, { messages: [], next: core.cursor });
  }

  function tell(since: string, batch: Batch) {
    if (isCursor(since))
      say({ rooms: core.rooms, since: since, batch: batch, transport: chat.transport, skipped: why });
  }

  function hear(word: Word) {
    if (core.isClosed || isOff) return;
    if (word.isWish) {
      if (isLeader && chat.transport && isCursor(core.cursor)) grant(word);
    } else if (!isLeader) {
      if (word.isRefused) {
        if (meet(word.rooms, rooms)) part();
      } else if (word.isNew) ask();
      else if (word.lost) {
        if (isFollower) closed(word.lost);
      } else if (word.batch) follow(word, word.batch);
    }
  }

  /** Reads on for one more tab, from where that tab is. What the others have already they pass over. */
  function grant(wish: Word) {
    var fresh: string[] = [];
    for (var i = 0; i < wish.rooms.length; i++)
      if (!holds(core.rooms, wish.rooms[i] as string)) fresh.push(wish.rooms[i] as string);
    var isBehind = !follows(core.cursor, wish.since);
    if (isBehind) core.cursor = wish.since;
    if (fresh.length) {
      granted.push(fresh);
      core.rooms = core.rooms.concat(fresh);
    } else if (!isBehind) {
      tell(core.cursor, { messages: [], next: core.cursor });
      return wake();
    }
    start();
  }

  function follow(word: Word, batch: Batch) {
    if (!isCursor(chat.cursor)) return;
    var isWhole = follows(word.since, chat.cursor) || !!batch.reset;
    for (var i = 0; i < rooms.length; i++) if (!holds(word.rooms, rooms[i] as string)) isWhole = false;
    if (!isWhole) {
      if (!isAsking) ask();
      return;
    }
    if (!isFollower) stop();
    isFollower = true;
    isAsking = false;
    clearTimeout(timer);
    timer = setTimeout(ask, SILENCE_MS);
    if (word.transport) opened(word.transport, word.skipped || {});
    core.show(own(batch));
    core.cursor = chat.cursor;
  }

  function ask() {
    // Not before it has read its rooms itself: who may not would spoil it for all.
    if (isLeader || isOff || !(chat.transport || isFollower) || !isCursor(chat.cursor)) return;
    hasAsked = isAsking = true;
    clearTimeout(timer);
    timer = setTimeout(function () {
      isAsking = false;
      if (isFollower) alone();
    }, ANSWER_MS);
    say({ isWish: true, rooms: rooms, since: chat.cursor });
  }

  /** Reads for itself, from where it is. */
  function alone() {
    isFollower = false;
    core.rooms = rooms;
    granted = [];
    core.cursor = chat.cursor;
    stop();
    start();
  }

  /** Leaves the others, for good. */
  function part() {
    clearTimeout(timer);
    isLeader = false;
    isOff = true;
    leave();
    if (isFollower) alone();
  }

  function own(batch: Batch): Batch {
    var messages = [];
    for (var i = 0; i < batch.messages.length; i++) {
      var message = batch.messages[i];
      if (message && holds(rooms, message.room)) messages.push(message);
    }
    var mine: Batch = { messages: messages, next: batch.next };
    if (batch.reset) mine.reset = batch.reset;
    return mine;
  }
}

for (var i = 0; i < window.Parkbench.cores.length; i++) {
  var core = window.Parkbench.cores[i] as Core;
  if (core.isShared) join(core);
}
window.Parkbench.tabs = join;
