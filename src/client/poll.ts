/** Long poll: one parked GET after the other. It works wherever pages do. */
import { now } from "./clock.js";
import type { Transport } from "./line.js";
import { isBatch } from "./message.js";
import { refusal, request } from "./request.js";

var WAIT_S = 25;
var WAIT_S_MIN = 3;
/** An answer later than its wait and this is not coming: some networks drop without a word. */
var GRACE_MS = 10000;
var SLEEP_MS = 2000;
/** For a poll that did not wait. */
var NEVER_S = 99;

/** A poller; its wait, halved where something on the way cuts parked polls, lives as long as the page. */
export function poller(): Transport {
  var waitS = WAIT_S;
  // A server that was away looks much the same. But what cuts by a clock cuts late, and lets the next poll through.
  var isSuspect = false;

  return function (line) {
    var isClosed = false;
    var timer = 0;
    var cancel: () => void;
    var cursor = "";
    // Whether the server is there shows only in an answer: the first one is asked for at once.
    ask(0);
    return function () {
      isClosed = true;
      clearTimeout(timer);
      cancel();
    };

    function ask(askedS: number) {
      var began = now();
      var deadlineMs = askedS * 1000 + GRACE_MS;
      cancel = request(
        line.address("/poll", "&wait=" + askedS),
        deadlineMs,
        function (status, answer, retryMs) {
          var ageMs = now() - began;
          var wasSuspect = isSuspect;
          isSuspect = false;
          if (status === 200 && isBatch(answer)) {
            // An answer that neither waited nor brought anything must not make a busy loop, whoever sent it.
            var isHasty = askedS && ageMs < 1000 && answer.next === cursor;
            cursor = answer.next;
            if (wasSuspect) waitS = Math.max(WAIT_S_MIN, waitS >> 1);
            line.take(answer);
            if (!isClosed) timer = setTimeout(next, answer.retry || (isHasty ? 1000 : 0));
            return;
          }
          // A problem is the server's own word; and much later than the deadline, the computer has slept.
          isSuspect = !answer.code && ageMs > (askedS || NEVER_S) * 333 && ageMs < deadlineMs + SLEEP_MS;
          line.over(refusal(status, answer), retryMs);
        }
      );
    }

    function next() {
      ask(waitS);
    }
  };
}
