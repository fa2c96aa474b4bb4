/** What the network check has found, in plain words for a person and a help desk. */

/** `silent`: it opened, and nothing came; `cut`: it opened, and ended before anything came. */
export type Way = "works" | "missing" | "blocked" | "silent" | "cut" | "no room";

/** How a request that was to be parked ended. `foreign`: answered by something that is not the chat. */
export type Wait = {
  askedS: number;
  tookS: number;
  how: "answered" | "early" | "cut" | "foreign" | "never";
  status: number;
};

export type Found<How = string> = { how: How; status: number };

/** What is not there yet has not been measured. */
export type Results = {
  websocket?: Way;
  events?: Way;
  /** `kept`: the same answer came twice. */
  caching?: Found<"fresh" | "kept" | "foreign">;
  sending?: Found<"json" | "refused" | "foreign">;
  waits: Wait[];
};

/** `good` is missing while it is being measured. */
export type Line = { name: string; words: string; good?: boolean };

/** One line for each thing that has been measured. */
export function linesOf(found: Results): Line[] {
  var lines: Line[] = [];
  if (found.websocket) add("WebSocket", wayWords(found.websocket, found), found.websocket === "works");
  if (found.events) add("Server-sent events", wayWords(found.events, found), found.events === "works");
  if (found.caching) add("Caching", cachingWords(found.caching), found.caching.how === "fresh");
  if (found.sending) add("Sending", sendingWords(found.sending), found.sending.how === "json");
  for (var i = 0; i < found.waits.length; i++) {
    var wait = found.waits[i] as Wait;
    add("A request that waits " + wait.askedS + " s", waitWords(wait), wait.how === "answered");
  }
  return lines;

  function add(name: string, words: string, good: boolean) {
    lines[lines.length] = { name: name, words: words, good: good };
  }
}

/** The one sentence that somebody reads who reads no more. */
export function conclusionOf(results: Results): { words: string; good: boolean } {
  var sending = results.sending;
  var way = wayUsed(results);
  var sends = !sending || sending.how === "json";
  for (var i = 0; i < results.waits.length; i++)
    if ((results.waits[i] as Wait).how === "early")
      return { words: "The server is full or restarts just now. Check again in a minute.", good: false };
  if (!way && !sends && !isReached(results))
    return { words: "The chat cannot be reached from here now.", good: false };
  if (!way && !sends) return { words: "The chat does not work here: see what failed below.", good: false };
  if (!way)
    return {
      words:
        "New messages do not come by themselves here: use \u201cReload now\u201d in a room. Sending works.",
      good: false
    };
  if (!sends) return { words: "Reading works here, by " + way + ". Sending does not.", good: false };
  return { words: "The chat works here, by " + way + "." + shortWords(results), good: true };
}

/** The longest wait that was answered in its time, in seconds; 0 for none. */
export function longestS(results: Results): number {
  var longest = 0;
  for (var i = 0; i < results.waits.length; i++) {
    var wait = results.waits[i] as Wait;
    if (wait.how === "answered" && wait.askedS > longest) longest = wait.askedS;
  }
  return longest;
}

function wayUsed(results: Results): string {
  if (results.websocket === "works") return "WebSocket";
  if (results.events === "works") return "server-sent events";
  return longestS(results) > 0 ? "long polling" : "";
}

function isReached(results: Results) {
  return !results.caching || results.caching.how !== "foreign";
}

/** Only where it matters: whoever has a better way does not wait in parked requests. */
function shortWords(results: Results): string {
  if (wayUsed(results) !== "long polling" || longestS(results) >= 25) return "";
  return " Requests that wait longer than " + longestS(results) + " seconds fail, so it asks more often.";
}

function wayWords(way: Way, results: Results): string {
  if (way === "works") return "works";
  if (way === "no room") return "not measured, as there is no room that you may read";
  var used = wayUsed(results);
  var works = results.events === "works" && results.websocket !== "works" ? "work" : "works";
  var instead = used ? "; the chat uses " + used + ", which " + works : "";
  if (way === "missing") return "this browser does not have it" + instead;
  if (way === "silent") return "held back: nothing came within 5 seconds" + instead;
  if (way === "cut") return "cut before anything came" + instead;
  return "blocked" + instead;
}

function cachingWords(caching: Found): string {
  if (caching.how === "fresh") return "every answer is new";
  if (caching.how === "foreign") return "not known: " + foreignWords(caching.status);
  return "something on the way keeps answers although it is told not to; the chat gets around that";
}

function sendingWords(sending: Found): string {
  if (sending.how === "json") return "works";
  if (sending.how === "foreign") return "does not work: " + foreignWords(sending.status);
  return "refused, as if it came from another site: something on the way changes the address, or PUBLIC_ORIGIN is not set right";
}

function foreignWords(status: number): string {
  if (!status) return "there was no answer";
  return "something on the way answered in place of the chat (status " + status + ")";
}

function waitWords(wait: Wait): string {
  var after = " after " + wait.tookS + " s";
  if (wait.how === "answered") return "was answered" + after + ", as it should be";
  if (wait.how === "early") return "was answered" + after + " already: the server is full or restarts";
  if (wait.how === "cut") return "was cut" + after;
  if (wait.how === "never") return "was not answered in " + wait.tookS + " s";
  return "ended" + after + ": " + foreignWords(wait.status);
}
