/** The script of the chat's own pages: a room becomes live and sends without reloading; signing out forgets all. */
import type { Chat, Kept } from "./client.js";
import { byId } from "./dom.js";
import { type Composer, composer } from "./page-form.js";
import { messageList } from "./page-list.js";
import { localiseAll } from "./page-time.js";
import { keepTyped } from "./page-typed.js";
import { notSent, say, tell } from "./page-words.js";

// Where something that it needs is missing it does nothing, and the plain page keeps working.
if ("querySelectorAll" in document) {
  var list = byId("messages");
  if (list) localiseAll(list);
  // A page of older messages is not live; its form posts as a page, and so leads back to the newest.
  if (list && list.getAttribute("data-page-latest") === "1" && window.Parkbench) start(list);
  var signOut = byId("sign-out");
  // Computers are shared: nothing unsent stays for the next person.
  if (signOut && window.Parkbench) signOut.onsubmit = window.Parkbench.forget;
}

function start(list: HTMLElement) {
  var room = data("room");
  var user = data("user");
  var token = byId("token") as HTMLInputElement | null;
  var chat: Chat = window.Parkbench.connect({
    url: data("base"),
    rooms: [room],
    since: data("cursor"),
    user: user || null,
    token: token ? token.value : null
  });
  var messages = messageList(list, user);
  var form = byId("send") as HTMLFormElement | null;
  var composed: Composer | null = form && composer(form, chat, room, messages.isMine);
  var text = form && (byId("text") as HTMLInputElement | null);
  if (text) keepTyped(text, room, list);

  say("connecting");
  for (var i = 0; i < chat.kept.length; i++) adopt(chat.kept[i] as Kept);
  chat.onopen = function (state) {
    say("connected", state);
  };
  chat.onclose = function () {
    say("reconnecting");
  };
  chat.onerror = function (problem) {
    say("disconnected");
    tell("Not connected", problem.detail || "Load the page again.");
  };
  chat.onreset = messages.clear;
  chat.onmessage = function (message) {
    var mine = messages.show(message);
    if (mine && composed) composed.seen(message.text);
  };

  /** An earlier page has left it unsent; where there is no form it is at least not lost in silence. */
  function adopt(sending: Kept) {
    if (composed) return composed.adopt(sending);
    sending.then(undefined, function (problem) {
      notSent(problem, problem.code === "wrong_user" ? "" : sending.text);
    });
  }

  function data(name: string) {
    return list.getAttribute("data-" + name) || "";
  }
}
