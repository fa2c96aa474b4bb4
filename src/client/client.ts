/** The browser client: `Parkbench.connect` reads rooms and sends to them over whatever gets through. */
import type { Chat, Options } from "./chat.js";
import type { Core } from "./core.js";
import { forgetAll, keep, PREFIX } from "./kept.js";
import { climb, type Ladder } from "./ladder.js";
import type { Batch, Message } from "./message.js";
import { on } from "./on.js";
import { forgetSends, outbox } from "./outbox.js";
import { random } from "./random.js";
import { encode } from "./request.js";
import { hearTab, share } from "./share.js";

export type { Chat, Options } from "./chat.js";
export type { Problem } from "./message.js";
export type { Kept, Result } from "./outbox.js";

declare global {
  interface Window {
    Parkbench: {
      connect: typeof connect;
      forget: typeof forget;
      /** Those that read. For the tabs' own script, as is the next. */
      cores: Core[];
      tabs?(core: Core): void;
    };
  }
}

var OWN_ROW_MS = 5000;
var cores: Core[] = [];

/** Reads and sends until it is closed. Set the handlers at once: nothing is called before the next turn. */
export function connect(options: Options): Chat {
  var url = options.url || "";
  var key = random();
  var count = 0;
  // What the page was rendered with it has: another tab may have the connection begin further back.
  var newest = parseInt(options.since || "", 10) || 0;
  var isOpen = false;
  var ladder: Ladder | null = null;
  var box = outbox({
    url: url,
    user: options.user,
    token: options.token,
    heard: function (id) {
      if (!isOpen) core.wake();
      // Its own row does not come: the connection may be dead without anybody having said so.
      setTimeout(function () {
        if (newest < id) core.wake();
      }, OWN_ROW_MS);
    }
  });
  var chat: Chat = {
    cursor: options.since || "",
    transport: "",
    kept: box.kept,
    send: function (text, to) {
      return box.send(text, { room: (to && to.room) || (core.rooms[0] as string), name: to && to.name });
    },
    close: function () {
      core.isClosed = true;
      drop();
      core.stop();
      box.stop();
    }
  };
  var core: Core = {
    url: url,
    rooms: options.rooms || ["lobby"],
    cursor: chat.cursor,
    chat: chat,
    transports: options.transports || ["websocket", "sse", "poll"],
    address: function (path, more) {
      var query = "?client=" + key + path.charAt(1) + "&_=" + ++count + more;
      if (core.cursor) query += "&since=" + encode(core.cursor);
      for (var i = 0; i < core.rooms.length; i++) query += "&room=" + encode(core.rooms[i] as string);
      return url + path + query;
    },
    take: function (batch) {
      core.cursor = batch.next;
      core.show(batch);
    },
    show: show,
    opened: function (transport, skipped) {
      var isNews = !isOpen || chat.transport !== transport;
      if (!isOpen) box.wake();
      isOpen = true;
      chat.transport = transport;
      if (isNews) call("onopen", { transport: transport, skipped: skipped });
    },
    closed: function (why) {
      if (isOpen) call("onclose", why);
      isOpen = false;
      chat.transport = "";
    },
    failed: function (problem) {
      drop();
      core.closed(problem.code);
      call("onerror", problem);
    },
    start: function () {
      if (ladder) ladder.restart();
      else if (!core.isClosed) ladder = climb(core);
    },
    stop: function () {
      if (ladder) ladder.stop();
      ladder = null;
    },
    wake: function () {
      if (ladder) ladder.wake();
      box.wake();
    }
  };
  cores.push(core);
  // After "load": before it, some browsers show the page as loading for as long as the poll is parked.
  if (document.readyState && document.readyState !== "complete") on(window, "load", begin);
  else begin();
  return chat;

  function begin() {
    setTimeout(function () {
      if (core.isClosed) return;
      core.start();
      if (options.share !== false) share(core);
    }, 0);
  }

  function drop() {
    for (var i = cores.length; i--; ) if (cores[i] === core) cores.splice(i, 1);
  }

  function show(batch: Batch) {
    if (batch.reset) {
      newest = 0;
      call("onreset", batch.reset.reason);
    }
    for (var i = 0; i < batch.messages.length && !core.isClosed; i++) {
      var message = batch.messages[i] as Message;
      if (message.id > newest) {
        newest = message.id;
        call("onmessage", message);
      }
    }
    // Two connections overlap while one takes over from the other.
    if (!(parseInt(batch.next, 10) < newest)) chat.cursor = batch.next;
  }

  /** What a page's handler throws is the page's matter, and must not end the reading. */
  function call(handler: "onopen" | "onmessage" | "onclose" | "onerror" | "onreset", what: unknown) {
    try {
      if (chat[handler]) (chat[handler] as (what: unknown) => void)(what);
    } catch (error) {
      setTimeout(function () {
        throw error;
      }, 0);
    }
  }
}

/** Clears everything that is kept in this browser, unsent messages too, in all tabs: for signing out. */
export function forget(): void {
  keep("localStorage", "forget", "1");
  forgetAll("localStorage");
  unsend();
}

function unsend() {
  forgetAll("sessionStorage");
  forgetSends();
}

function wake() {
  for (var i = cores.length; i--; ) (cores[i] as Core).wake();
}

on(window, "online", wake);
on(window, "pageshow", function (event) {
  if ((event as PageTransitionEvent).persisted) wake();
});
on(document, "visibilitychange", function () {
  if (!document.hidden) wake();
});
on(window, "storage", function (event) {
  var key = (event as StorageEvent).key;
  if (key === PREFIX + "forget") unsend();
  for (var i = cores.length; i--; ) hearTab(key, (event as StorageEvent).newValue || "", cores[i] as Core);
});
window.Parkbench = { connect: connect, forget: forget, cores: cores };
