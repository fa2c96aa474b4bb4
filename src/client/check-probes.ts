/** The measurements of the network check: each asks the server something and says what came of it. */
import type { Results, Wait, Way } from "./check-words.js";

/** Where the chat is, and a room of it to listen in. */
export type Place = { base: string; room: string; token: string };

/** What the chat's own client waits for a first sign of life. */
var FIRST_MS = 5000;
var ANSWER_MS = 20000;
var GRACE_MS = 10000;
/** An answer so much before its time is not one that was parked for it. */
var EARLY_S = 2;

/** Addresses that no earlier check has used. */
var KEY = "check" + String(Math.random()).slice(2, 14);
var OPEN_QUERY = "?since=now&client=" + KEY + "&room=";

/** Does the upgrade pass, and a first frame after it? */
export function tryWebSocket(place: Place, done: (way: Way) => void) {
  if (!place.room) return done("no room");
  if (!("WebSocket" in window)) return done("missing");
  var address =
    location.protocol.replace("http", "ws") +
    "//" +
    location.host +
    place.base +
    "/ws" +
    OPEN_QUERY +
    place.room;
  var opened = false;
  try {
    var socket = new WebSocket(address);
  } catch (_refused) {
    return done("blocked");
  }
  var end = once(
    function () {
      return opened ? "silent" : "blocked";
    },
    function (way) {
      socket.onmessage = socket.onclose = null;
      socket.close();
      done(way);
    }
  );
  socket.onopen = function () {
    opened = true;
  };
  socket.onmessage = function () {
    end("works");
  };
  // Every failure ends in it: a refusal, a cut, an error.
  socket.onclose = function () {
    end(opened ? "cut" : "blocked");
  };
}

/** Does a first event come, or is the stream held back until it ends? */
export function tryEvents(place: Place, done: (way: Way) => void) {
  if (!place.room) return done("no room");
  if (!("EventSource" in window)) return done("missing");
  var source = new EventSource(place.base + "/events" + OPEN_QUERY + place.room + "&typed=0");
  var opened = false;
  var end = once(
    function () {
      return "silent";
    },
    function (way) {
      source.close();
      done(way);
    }
  );
  source.onopen = function () {
    opened = true;
  };
  source.onmessage = function () {
    end("works");
  };
  source.onerror = function () {
    end(opened ? "cut" : "blocked");
  };
}

/** Do two requests for one address get two answers? */
export function tryCaching(place: Place, done: (caching: Results["caching"]) => void) {
  var address = place.base + "/check/now?_=" + KEY;
  ask(address, ANSWER_MS, null, "", function (status, first) {
    var key = keyIn(first);
    if (!key) return done({ how: "foreign", status: status });
    ask(address, ANSWER_MS, null, "", function (status, second) {
      if (!keyIn(second)) return done({ how: "foreign", status: status });
      done({ how: keyIn(second) === key ? "kept" : "fresh", status: status });
    });
  });

  function keyIn(text: string): string {
    var match = /"key":"([^"]+)"/.exec(text);
    return (match && match[1]) || "";
  }
}

/** Is a POST answered by the chat itself? An empty message is refused, and stores nothing. */
export function trySending(place: Place, done: (sending: Results["sending"]) => void) {
  ask(place.base + "/send", ANSWER_MS, "text=&room=" + place.room, place.token, function (status, text) {
    var match = /"code":"([a-z_]+)"/.exec(text);
    var how: "json" | "refused" | "foreign" = "foreign";
    if (match) how = match[1] === "cross_site" ? "refused" : "json";
    done({ how: how, status: status });
  });
}

/** How does a request end that is to be parked? */
export function tryWait(place: Place, askedS: number, done: (wait: Wait) => void) {
  var began = Number(new Date());
  var address = place.base + "/check/wait?s=" + askedS + "&_=" + KEY;
  ask(address, askedS * 1000 + GRACE_MS, null, "", function (status, text) {
    var tookS = Math.round((Number(new Date()) - began) / 1000);
    var how: Wait["how"] = "foreign";
    if (/"waitedS":\d/.test(text)) how = tookS < askedS - EARLY_S ? "early" : "answered";
    else if (!status) how = tookS * 1000 >= askedS * 1000 + GRACE_MS ? "never" : "cut";
    done({ askedS: askedS, tookS: tookS, how: how, status: status });
  });
}

/** Ends a measurement once: with what is given, or when nothing came in time with what `late` says. */
function once(late: () => Way, done: (way: Way) => void): (way: Way) => void {
  var over = false;
  var timer = window.setTimeout(function () {
    end(late());
  }, FIRST_MS);
  return end;

  function end(way: Way) {
    if (over) return;
    over = true;
    window.clearTimeout(timer);
    done(way);
  }
}

/** One request with a deadline of its own: a POST when there is a form. Status 0: there was no answer. */
function ask(
  address: string,
  deadlineMs: number,
  form: string | null,
  token: string,
  done: (status: number, text: string) => void
) {
  var xhr = newRequest();
  var over = false;
  var deadline = window.setTimeout(end, deadlineMs);
  xhr.open(form === null ? "GET" : "POST", address, true);
  xhr.setRequestHeader("Accept", "application/json");
  if (form !== null) xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  if (token) xhr.setRequestHeader("X-Parkbench-Token", token);
  xhr.onreadystatechange = function () {
    if (xhr.readyState === 4) end();
  };
  xhr.send(form);

  function end() {
    if (over) return;
    over = true;
    window.clearTimeout(deadline);
    var status = 0;
    var text = "";
    try {
      // Both throw in old browsers while there is no answer.
      status = xhr.readyState === 4 ? xhr.status : 0;
      text = status ? xhr.responseText : "";
    } catch (_none) {}
    xhr.abort();
    done(status, text);
  }
}

function newRequest(): XMLHttpRequest {
  var old = window as unknown as { ActiveXObject: new (name: string) => XMLHttpRequest };
  return "XMLHttpRequest" in window ? new XMLHttpRequest() : new old.ActiveXObject("Microsoft.XMLHTTP");
}
