/** The network check page: measures the visitor's own path step by step, and says in words what it found. */
import { type Place, tryCaching, tryEvents, trySending, tryWait, tryWebSocket } from "./check-probes.js";
import { conclusionOf, type Line, linesOf, longestS, type Results, type Wait } from "./check-words.js";
import { setText } from "./dom.js";

(function () {
  var MARKUP =
    '<ul class="lines" id="lines" role="list"></ul>' +
    '<p class="field"><label for="report">For a help desk</label><br>' +
    '<textarea id="report" rows="16" cols="60" readonly spellcheck="false"></textarea></p>' +
    '<p class="field"><input type="button" id="copy" value="Copy"> <span class="hint" id="copied" role="status"></span></p>';
  var WAITS_S = [10, 25, 45];
  /** Asked for when not even the shortest works: below it the chat is more asking than waiting. */
  var LAST_RESORT_S = 3;

  var checks = document.getElementById("checks");
  if (checks) start(checks);

  function start(checks: HTMLElement) {
    var place: Place = { base: data("base"), room: data("room"), token: data("token") };
    var results: Results = { waits: [] };
    var now = ""; // what is being measured
    var nowS = 0;
    var began = new Date();
    var said = "";
    var reported = "";
    var pending = WAITS_S.slice(0);
    checks.innerHTML = MARKUP;
    byId("copy").onclick = copy;
    var clock = window.setInterval(function () {
      nowS += 1;
      show();
    }, 1000);
    measure("WebSocket");
    tryWebSocket(place, function (way) {
      results.websocket = way;
      measure("server-sent events");
      tryEvents(place, function (way) {
        results.events = way;
        measure("caching");
        tryCaching(place, function (caching) {
          if (caching) results.caching = caching;
          measure("sending");
          trySending(place, function (sending) {
            if (sending) results.sending = sending;
            wait();
          });
        });
      });
    });

    function data(name: string) {
      return checks.getAttribute("data-" + name) || "";
    }

    function measure(what: string) {
      now = what;
      nowS = 0;
      show();
    }

    /** One after another, longer and longer, until one fails: what is longer would be cut at the same age. */
    function wait() {
      var askedS = pending.shift();
      if (!askedS) return end();
      measure("a request that waits " + askedS + " s");
      tryWait(place, askedS, function (result: Wait) {
        results.waits[results.waits.length] = result;
        if (result.how !== "answered")
          pending = longestS(results) || askedS === LAST_RESORT_S ? [] : [LAST_RESORT_S];
        wait();
      });
    }

    function end() {
      window.clearInterval(clock);
      now = "";
      show();
    }

    function show() {
      var lines = linesOf(results);
      var list = byId("lines");
      while (list.firstChild) list.removeChild(list.firstChild);
      for (var i = 0; i < lines.length; i++) list.appendChild(item(lines[i] as Line));
      if (now) list.appendChild(item({ name: "Measuring " + now, words: nowS + " s so far" }));
      var conclusion = conclusionOf(results);
      var words = now ? "Measuring. This takes about a minute and a half." : conclusion.words;
      byId("result").className = now ? "result" : conclusion.good ? "result good" : "result bad";
      // Written only when they change: one is read aloud to some, and somebody may be selecting the other.
      if (said !== words) setText(byId("result"), words);
      said = words;
      var text = report(now ? "not finished yet" : conclusion.words, lines, began);
      if (reported !== text) (byId("report") as HTMLTextAreaElement).value = text;
      reported = text;
    }
  }

  function report(conclusion: string, lines: Line[], began: Date): string {
    var text = "Network check of a chat\n\nResult: " + conclusion + "\n";
    for (var i = 0; i < lines.length; i++) {
      var line = lines[i] as Line;
      text += (line.good ? "[ok] " : "[--] ") + line.name + ": " + line.words + "\n";
    }
    text += "\nDate: " + began + "\nAddress: " + location.href + "\nBrowser: " + navigator.userAgent + "\n";
    return text;
  }

  function item(line: Line): HTMLElement {
    var li = document.createElement("li");
    if (line.good !== undefined) li.className = line.good ? "good" : "bad";
    li.appendChild(document.createElement("b")).appendChild(document.createTextNode(line.name + ": "));
    li.appendChild(document.createTextNode(line.words));
    return li;
  }

  /** Without a clipboard to write to, the text is at least selected. */
  function copy() {
    var report = byId("report") as HTMLTextAreaElement;
    report.focus();
    report.select();
    var copied = false;
    try {
      copied = document.execCommand("copy");
    } catch (_none) {}
    setText(byId("copied"), copied ? "Copied." : "Selected: now press Ctrl+C (on a Mac \u2318C).");
  }

  function byId(id: string): HTMLElement {
    return document.getElementById(id) as HTMLElement;
  }
})();
