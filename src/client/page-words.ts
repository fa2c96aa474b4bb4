/** What the page says about itself: the state of the connection in words, and what went wrong. */
import { byId, setText } from "./dom.js";
import type { Skipped } from "./ladder.js";
import type { Problem } from "./message.js";

export interface Use {
  transport: string;
  skipped: Skipped;
}

var NAMES: { [transport: string]: string } = {
  websocket: "WebSocket",
  sse: "server-sent events",
  poll: "long polling"
};

var REASONS: { [why: string]: [one: string, many: string] } = {
  blocked: [" was blocked", " were blocked"],
  missing: [" is missing in this browser", " are missing in this browser"],
  resting: [" was blocked a short while ago", " were blocked a short while ago"]
};

type State = "connecting" | "connected" | "reconnecting" | "disconnected";

var connection: State = "connecting";
var used: Use | null = null;
var isSending = false;

/** The state of the connection; when connected, what is used, and why nothing better is. */
export function say(state: State, use?: Use) {
  connection = state;
  used = use || null;
  show();
}

/** A message is on its way for longer than usual. */
export function saySending(is: boolean) {
  isSending = is;
  show();
}

function show() {
  var status = byId("status");
  var state = isSending && connection === "connected" ? "sending" : connection;
  var words: string = state;
  var title = "";
  if (state === "connected" && used) {
    var reasons = reasonsIn(used.skipped);
    words += " by " + NAMES[used.transport] + (reasons[0] ? ": " + reasons[0] : "");
    if (reasons.length > 0)
      title = "Why not better: " + reasons.join(", ") + ". The network check tells more.";
  } else if (state === "disconnected") words = "not connected";
  else words += "\u2026";
  // Written only when it changes: it is read aloud to some.
  if (!status || (status.firstChild && status.firstChild.nodeValue === words)) return;
  status.className = "status " + state;
  status.title = title;
  setText(status, words);
}

function reasonsIn(skipped: Skipped): string[] {
  var reasons: string[] = [];
  for (var name in skipped) {
    var reason = REASONS[skipped[name] as string];
    if (reason) reasons.push(NAMES[name] + reason[name === "sse" ? 1 : 0]);
  }
  return reasons;
}

/** Above the form, as the server's own problems; nothing when there is no title. */
export function tell(title: string, detail: string) {
  var problem = byId("problem") as HTMLElement;
  setText(problem, "");
  if (!title) return;
  problem.appendChild(document.createElement("b")).appendChild(document.createTextNode(title + "."));
  problem.appendChild(document.createTextNode(" " + detail));
}

/** Why a message was not sent; its text, where that is nowhere else. */
export function notSent(problem: Problem, text: string) {
  var words = problem.detail || "Load the page again.";
  if (problem.code === "wrong_user")
    words = "You are signed in as somebody else now. Your text was not sent.";
  if (problem.code === "forgotten") words = "You have signed out. Load the page again.";
  if (text) words += " It was: \u201c" + text + "\u201d";
  tell("Not sent", words);
}
