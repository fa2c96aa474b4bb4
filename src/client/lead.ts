/** Which tab reads for all: whoever holds a Web Lock, or a lease in the storage where there are no locks. */
import { now } from "./clock.js";
import { keep, kept, PREFIX } from "./kept.js";
import { on } from "./on.js";
import { random } from "./random.js";

var RENEW_MS = 2000;
/** Longer than a hidden tab's timers are delayed, at first; later it may lose its lease, which does no harm. */
var LEASE_MS = 6000;

/** Calls when this tab is it, and when it is not any more. Returns how to leave. */
export function lead(name: string, crowned: () => void, deposed: () => void): () => void {
  var isGone = false;
  var release = function () {};
  if (!window.navigator.locks || !window.Promise) return lease(name, crowned, deposed);
  window.navigator.locks
    .request(PREFIX + name, function () {
      if (isGone) return;
      crowned();
      return new window.Promise<void>(function (resolve) {
        release = resolve;
      });
    })
    // Without a leader each tab goes on with a connection of its own.
    .then(undefined, deposed);
  return function () {
    isGone = true;
    release();
  };
}

function lease(name: string, crowned: () => void, deposed: () => void): () => void {
  var key = "lease:" + name;
  var me = random();
  var isLeader = false;
  var timer = setTimeout(look, 0);
  on(window, "pagehide", free);
  return function () {
    clearTimeout(timer);
    free();
  };

  function look() {
    var held = kept("localStorage", key).split(" ");
    var isFree = !(Math.abs(now() - Number(held[1])) < LEASE_MS);
    var isMine = held[0] === me;
    if (isMine || isFree) keep("localStorage", key, me + " " + now());
    // Two may have taken it at the same time: whose it is shows at the next look.
    timer = setTimeout(look, isFree && !isMine ? 100 + Math.random() * 200 : RENEW_MS);
    if (isMine === isLeader) return;
    isLeader = isMine;
    if (isMine) crowned();
    else deposed();
  }

  function free() {
    if (kept("localStorage", key).indexOf(me) === 0) keep("localStorage", key, "");
  }
}
