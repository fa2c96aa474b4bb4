/** The room's form, taken over: sends without reloading, and keeps the text until it is acknowledged. */
import type { Chat, Kept, Problem, Result } from "./client.js";
import { byId } from "./dom.js";
import { on } from "./on.js";
import { notSent, saySending, tell } from "./page-words.js";

export interface Composer {
  /** A message of the reader's own has been shown. */
  seen(text: string): void;
  /** An earlier page has left it unsent. */
  adopt(sending: Kept): void;
}

/** Later than this, the reader is told that a message is still on its way; and then, that it may take a while. */
var SLOW_MS = 1000;
var STUCK_MS = 15000;

/** `expect` is told each nonce that is sent. */
export function composer(
  form: HTMLFormElement,
  chat: Chat,
  room: string,
  expect: (nonce: string) => void
): Composer {
  var text = byId("text") as HTMLInputElement;
  var name = byId("name") as HTMLInputElement | null;
  var pending = 0;
  var queued = false;
  var untouched = true;
  /** What is on its way from the field, and whether it has been touched there since. */
  var sent = "";
  var replaced = false;

  form.onsubmit = function () {
    untouched = false;
    if (pending) queued = true;
    else send();
    return false;
  };
  // The text alone does not tell "apple" that took the place of "a" from "a" that was typed on.
  on(text, "onbeforeinput" in text ? "beforeinput" : "select", function () {
    if (Number(text.selectionStart) < sent.length) replaced = true;
  });
  return {
    // Some browsers give a field its text back on a reload; what was pending then has been sent by now.
    seen: arrived,
    adopt: function (sending) {
      follow(
        sending,
        function () {
          arrived(sending.text);
        },
        function (problem) {
          var isOurs = problem.code !== "wrong_user" && problem.code !== "forgotten";
          // Whoever is here now may be another than who wrote it.
          if (!isOurs) return notSent(problem, "");
          var fits = sending.room === room && (!text.value || text.value === sending.text);
          if (fits) text.value = sending.text;
          notSent(problem, fits ? "" : sending.text);
        }
      );
    }
  };

  function arrived(shown: string) {
    if (untouched && text.value === shown) text.value = "";
  }

  function send() {
    var body = text.value;
    queued = replaced = false;
    if (!/\S/.test(body)) return text.focus();
    sent = body;
    follow(
      chat.send(body, name ? { room: room, name: name.value } : { room: room }),
      function () {
        // What was typed on meanwhile stays, and so does a text that has replaced the one sent.
        if (text.value === body || (!replaced && begins(body))) text.value = text.value.slice(body.length);
      },
      function (problem) {
        if (problem.code === "forgotten" && begins(body)) text.value = "";
        notSent(problem, "");
      }
    );
  }

  function begins(body: string) {
    return text.value.indexOf(body) === 0;
  }

  function follow(sending: Result, onsent: () => void, onfailed: (problem: Problem) => void) {
    var slow = setTimeout(function () {
      saySending(true);
    }, SLOW_MS);
    var stuck = setTimeout(function () {
      tell(
        "Not sent yet",
        "The server has not taken it yet. Your text is kept, and sent as soon as it does."
      );
    }, STUCK_MS);
    pending++;
    expect(sending.nonce);
    sending.then(
      function () {
        settled();
        tell("", "");
        onsent();
        if (queued && !pending) send();
      },
      function (problem) {
        settled();
        queued = false;
        onfailed(problem);
        (name && /name/.test(problem.code) ? name : text).focus();
      }
    );

    function settled() {
      pending--;
      clearTimeout(slow);
      clearTimeout(stuck);
      if (!pending) saySending(false);
    }
  }
}
