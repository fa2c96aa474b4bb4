/** The room's form, taken over: sends without reloading, and keeps the text until it is acknowledged. */
import type { Chat } from "./client.js";
import { byId } from "./dom.js";
import { saySending, tell } from "./page-words.js";

export interface Composer {
  /** A message of the reader's own has been shown. */
  seen(text: string): void;
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
  var busy = false;
  var queued = false;
  var untouched = true;

  form.onsubmit = function () {
    untouched = false;
    if (busy) queued = true;
    else send();
    return false;
  };
  return {
    // Some browsers give a field its text back on a reload; what was pending then has been sent by now.
    seen: function (shown) {
      if (untouched && text.value === shown) text.value = "";
    }
  };

  function send() {
    var body = text.value;
    queued = false;
    if (!/\S/.test(body)) return text.focus();
    busy = true;
    var sending = chat.send(body, name ? { room: room, name: name.value } : { room: room });
    expect(sending.nonce);
    var slow = setTimeout(function () {
      saySending(true);
    }, SLOW_MS);
    var stuck = setTimeout(function () {
      tell("Not sent yet", "The server does not answer. Your text is kept, and sent as soon as it does.");
    }, STUCK_MS);
    sending.then(
      function () {
        settled();
        tell("", "");
        // What was typed on meanwhile stays, and so does a text that has replaced the one sent.
        if (text.value.indexOf(body) === 0) text.value = text.value.slice(body.length);
        if (queued) send();
      },
      function (problem) {
        settled();
        tell("Not sent", problem.detail || "You have signed out or changed. Load the page again.");
        (name && /name/.test(problem.code) ? name : text).focus();
      }
    );

    function settled() {
      busy = false;
      clearTimeout(slow);
      clearTimeout(stuck);
      saySending(false);
    }
  }
}
