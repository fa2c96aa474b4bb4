/** Sends, one after the other, until each is acknowledged or refused; they outlive a reload of the page. */
import { pause } from "./clock.js";
import { parse } from "./json.js";
import { keep, kept } from "./kept.js";
import type { Answer, Message, Problem } from "./message.js";
import { random } from "./random.js";
import { encode, refusal, request } from "./request.js";

export interface Draft {
  room: string;
  name?: string | undefined;
}

/** What came of a send. `then` has the shape that `await` understands; it needs no Promise. */
export interface Result {
  nonce: string;
  then(onsent?: (message: Message) => void, onfailed?: (problem: Problem) => void): void;
}

export interface Outbox {
  send(text: string, draft: Draft): Result;
  /** Does not sit out a pause. */
  wake(): void;
  /** Forgets what is not sent yet. */
  clear(): void;
  stop(): void;
}

interface Entry {
  nonce: string;
  room: string;
  text: string;
  name?: string | undefined;
  /** Whom it is from; undefined until that is known, null for nobody who is signed in. */
  user?: string | null | undefined;
  settle?: (message: Message | null, problem: Problem | null) => void;
}

export interface Sender {
  url: string;
  user: string | number | null | undefined;
  token: string | null | undefined;
  /** The server has answered, with the row's id where it stored one. */
  heard(id: number): void;
}

var SEND_MS = 20000;
var FIELDS = ["nonce", "room", "text", "name", "user"];

export function outbox(sender: Sender): Outbox {
  var key = "sends:" + sender.url;
  // Pages read it from their markup, as text; the server tells it as a number.
  var me = sender.user ? String(sender.user) : (sender.user as null | undefined);
  var token = sender.token;
  var queue = (window.JSON && (parse(kept("sessionStorage", key)) as Entry[])) || [];
  var isStopped = false;
  var isBusy = false;
  var hasRenewed = false;
  var failures = 0;
  var timer = 0;

  pump();
  return {
    send: send,
    wake: pump,
    clear: function () {
      var all = queue.splice(0, queue.length);
      save();
      for (var i = 0; i < all.length; i++) settle(all[i] as Entry, null, { code: "forgotten" });
    },
    stop: function () {
      isStopped = true;
    }
  };

  function send(text: string, draft: Draft): Result {
    var message: Message | null = null;
    var problem: Problem | null = null;
    var waiting: (() => void)[] = [];
    var entry: Entry = { nonce: random(), room: draft.room, text: text, name: draft.name, user: me };
    entry.settle = function (sent, refused) {
      message = sent;
      problem = refused;
      for (var i = 0; i < waiting.length; i++) (waiting[i] as () => void)();
    };
    queue.push(entry);
    save();
    if (!timer) pump();
    return {
      nonce: entry.nonce,
      // biome-ignore lint/suspicious/noThenProperty: it is meant to be awaited where there is await.
      then: function (onsent, onfailed) {
        var tell = function () {
          setTimeout(function () {
            if (message && onsent) onsent(message);
            if (problem && onfailed) onfailed(problem);
          }, 0);
        };
        if (message || problem) tell();
        else waiting.push(tell);
      }
    };
  }

  function pump() {
    var entry = queue[0];
    clearTimeout(timer);
    timer = 0;
    if (isBusy || isStopped || !entry) return;
    if (me === undefined || token === undefined) return ask("/session", whoAmI);
    if (entry.user === undefined) entry.user = me;
    // Computers are shared: what another person left unsent is not ours to send.
    if (entry.user !== me) return settle(entry, null, { code: "wrong_user" });
    save();
    var form = "room=" + encode(entry.room) + "&nonce=" + entry.nonce + "&text=" + encode(entry.text);
    if (entry.name) form += "&name=" + encode(entry.name);
    if (me !== null) form += "&as=" + encode(me);
    ask(
      "/send",
      function (answer, problem) {
        if (problem && problem.code === "cross_site" && !hasRenewed) {
          hasRenewed = true;
          token = undefined;
        } else if (problem) settle(entry as Entry, null, problem);
        else if (answer.id) settle(entry as Entry, answer as Message, null);
        else return false;
        return true;
      },
      form
    );
  }

  function whoAmI(answer: Answer, problem: Problem | null): boolean {
    if (!problem && answer.token === undefined) return false;
    // A host that knows its people itself has no such address.
    if (me === undefined) me = answer.user ? String(answer.user.id) : null;
    token = answer.token || null;
    return true;
  }

  function ask(path: string, took: (answer: Answer, problem: Problem | null) => boolean, form?: string) {
    isBusy = true;
    request(
      sender.url + path + (form ? "" : "?_=" + random()),
      SEND_MS,
      function (status, answer, retryMs) {
        var problem = refusal(status, answer);
        isBusy = false;
        if (isStopped) return;
        if ((problem || status === 200 || status === 201) && took(answer, problem)) {
          failures = 0;
          sender.heard(answer.id || 0);
          pump();
        } else timer = setTimeout(pump, Math.max(retryMs, pause(++failures)));
      },
      form,
      token
    );
  }

  function settle(entry: Entry, message: Message | null, problem: Problem | null) {
    hasRenewed = false;
    if (queue[0] === entry) queue.splice(0, 1);
    save();
    if (entry.settle) entry.settle(message, problem);
    pump();
  }

  /** Kept only under a name: what is nobody's would become the next person's. */
  function save() {
    if (window.JSON && me !== undefined)
      keep("sessionStorage", key, queue[0] ? JSON.stringify(queue, FIELDS) : "");
  }
}
