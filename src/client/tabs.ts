/** Several tabs, one connection: one of them reads for all, and each takes what it does not have yet. */
import { bus, type Word } from "./bus.js";
import type { Core } from "./core.js";
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
  var say = bus(core.url, hear);
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
    var isOwn = core.rooms === rooms;
    // Somebody's room cannot be read, or nobody's: that is for each to find out alone.
    if (isLeader) part();
    if (isOwn) failed(problem);
    else alone();
  };
  core.wake = function () {
    if (isFollower) ask();
    wake();
  };
  core.stop = function () {
    clearTimeout(timer);
    leave();
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
      if (isLeader && isCursor(core.cursor)) grant(word);
    } else if (!isLeader) {
      if (word.isOff) part();
      else if (word.isNew) ask();
      else if (word.lost) {
        if (isFollower) closed(word.lost);
      } else if (word.batch) follow(word, word.batch);
    }
  }

  /** Reads on for one more tab, from where that tab is. What the others have already they pass over. */
  function grant(wish: Word) {
    var union = core.rooms.slice(0);
    for (var i = 0; i < wish.rooms.length; i++)
      if (!holds(union, wish.rooms[i] as string)) union.push(wish.rooms[i] as string);
    var isBehind = !follows(core.cursor, wish.since);
    if (isBehind) core.cursor = wish.since;
    if (union.length > core.rooms.length) core.rooms = union;
    else if (!isBehind) {
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
    if (isLeader || isOff || !isCursor(chat.cursor)) return;
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
    core.cursor = chat.cursor;
    stop();
    start();
  }

  function part() {
    if (isLeader) say({ rooms: [], since: "", isOff: true });
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

function holds(rooms: string[], room: string): boolean {
  for (var i = 0; i < rooms.length; i++) if (rooms[i] === room) return true;
  return false;
}

function isCursor(cursor: string): boolean {
  return /^\d/.test(cursor);
}

/** Whether reading after `since` leaves nothing out for who has everything up to `cursor`. */
function follows(since: string, cursor: string): boolean {
  return parseInt(since, 10) <= parseInt(cursor, 10) && epoch(since) === epoch(cursor);
}

function epoch(cursor: string): string {
  return cursor.split("-")[1] || "";
}

for (var i = 0; i < window.Parkbench.cores.length; i++) join(window.Parkbench.cores[i] as Core);
window.Parkbench.tabs = join;
