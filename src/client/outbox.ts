/** Sends, one after the other, until each is acknowledged or refused; they outlive a reload of the page. */
import { pause } from "./clock.js";
import { parse } from "./json.js";
import { keep, kept } from "./kept.js";
import type { Message, Problem } from "./message.js";
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

/** A send that an earlier page began. */
export interface Kept extends Result {
  text: string;
  room: string;
}

export interface Outbox {
  /** What earlier pages have left, and is being sent now. */
  kept: Kept[];
  send(text: string, draft: Draft): Result;
  /** Does not sit out a pause. */
  wake(): void;
  /** Leaves what is not sent yet to the next page. */
  stop(): void;
}

/** Functions in it are not kept: JSON passes over them. */
interface Entry extends Kept {
  name?: string | undefined;
  /** Whom it is from; undefined until that is known, null for nobody who is signed in. */
  user?: string | null | undefined;
  /** Whoever sends it; nobody while it waits for the next page. */
  pump?: (() => void) | null;
  settle(message: Message | null, problem: Problem | null): void;
}

export interface Sender {
  url: string;
  user: string | number | null | undefined;
  token: string | null | undefined;
  /** The server has answered, with the row's id where it stored one. */
  heard(id: number): void;
}

var SEND_MS = 20000;
/** By address, of all chats of this page: they are kept in one place, and none may write over the others'. */
var lists: { [key: string]: Entry[] } = {};

export function outbox(sender: Sender): Outbox {
  var key = "sends:" + sender.url;
  // Pages read it from their markup, as text; the server tells it as a number.
  var me = sender.user == null ? sender.user : String(sender.user);
  var token = sender.token;
  var list = lists[key] || (window.JSON && (parse(kept("sessionStorage", key)) as Entry[])) || [];
  var isStopped = false;
  var isBusy = false;
  var hasRenewed = false;
  var failures = 0;
  var timer = 0;
  var left: Kept[] = [];

  lists[key] = list;
  for (var i = 0; i < list.length; i++) if (!(list[i] as Entry).pump) left.push(own(list[i] as Entry));
  pump();
  return {
    kept: left,
    send: function (text, draft) {
      var entry = own({ nonce: random(), room: draft.room, text: text, name: draft.name, user: me } as Entry);
      if (isStopped) entry.settle(null, { code: "closed" });
      else {
        list.push(entry);
        save();
        if (!timer) pump();
      }
      return entry;
    },
    wake: pump,
    stop: function () {
      var all = list.slice(0);
      isStopped = true;
      for (var i = 0; i < all.length; i++) {
        var entry = all[i] as Entry;
        if (entry.pump !== pump) continue;
        entry.pump = null;
        // Nobody knows whose it is: it would become the next person's.
        if (entry.user === undefined) save(entry);
        entry.settle(null, { code: "closed" });
      }
    }
  };

  function own(entry: Entry): Entry {
    var message: Message | null = null;
    var problem: Problem | null = null;
    var waiting: (() => void)[] = [];
    entry.pump = pump;
    entry.settle = function (sent, refused) {
      if (message || problem) return;
      message = sent;
      problem = refused;
      for (var i = 0; i < waiting.length; i++) (waiting[i] as () => void)();
    };
    // biome-ignore lint/suspicious/noThenProperty: it is meant to be awaited where there is await.
    entry.then = function (onsent, onfailed) {
      var tell = function () {
        setTimeout(function () {
          if (message && onsent) onsent(message);
          if (problem && onfailed) onfailed(problem);
        }, 0);
      };
      if (message || problem) tell();
      else waiting.push(tell);
    };
    return entry;
  }

  function pump() {
    var entry: Entry | undefined;
    var form = "";
    for (var i = list.length; i--; ) if ((list[i] as Entry).pump === pump) entry = list[i];
    clearTimeout(timer);
    timer = 0;
    if (isBusy || !entry) return;
    var first = entry;
    if (me !== undefined && token !== undefined) {
      save();
      // Computers are shared: what another person left unsent is not ours to send.
      if (first.user !== me) {
        over(null, { code: "wrong_user" });
        return pump();
      }
      // Nobody is also somebody: whoever has signed in meanwhile did not write it.
      form = "room=" + encode(first.room) + "&nonce=" + first.nonce + "&as=" + encode(me || "");
      if (first.name) form += "&name=" + encode(first.name);
      form += "&text=" + encode(first.text);
    }
    isBusy = true;
    request(
      sender.url + (form ? "/send" : "/session?_=" + random()),
      SEND_MS,
      function (status, answer, retryMs) {
        var problem = refusal(status, answer);
        var isFine = status === 200 || status === 201;
        isBusy = false;
        if (form && problem && problem.code === "cross_site" && !hasRenewed) {
          hasRenewed = true;
          token = undefined;
        } else if (problem) over(null, problem);
        else if (isFine && form && answer.id) over(answer as Message, null);
        else if (isFine && !form && answer.token !== undefined) {
          if (me === undefined) me = answer.user ? String(answer.user.id) : null;
          token = answer.token;
        } else {
          timer = setTimeout(pump, Math.max(retryMs, pause(++failures)));
          return;
        }
        failures = 0;
        sender.heard(answer.id || 0);
        pump();
      },
      form,
      token
    );

    function over(message: Message | null, problem: Problem | null) {
      hasRenewed = false;
      save(first);
      first.settle(message, problem);
    }
  }

  /** Kept only under a name: what is nobody's would become the next person's. */
  function save(gone?: Entry) {
    var all: Entry[] = [];
    for (var i = list.length; i--; ) {
      var entry = list[i] as Entry;
      if (entry.user === undefined && entry.pump === pump) entry.user = me;
      if (entry === gone) list.splice(i, 1);
      else if (entry.user !== undefined) all.unshift(entry);
    }
    if (window.JSON) keep("sessionStorage", key, all[0] ? JSON.stringify(all) : "");
  }
}

/** Whoever wrote it has signed out. What is kept is for the caller to clear. */
export function forgetSends() {
  for (var key in lists) {
    var all = (lists[key] as Entry[]).splice(0, 1e9);
    for (var i = 0; i < all.length; i++) (all[i] as Entry).settle(null, { code: "forgotten" });
  }
}
