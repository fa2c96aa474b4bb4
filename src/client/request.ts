/** One request with a deadline of its own. */
import { parse } from "./json.js";
import type { Answer, Problem } from "./message.js";

/** `retryMs` is what the server's Retry-After says, or 0. */
export type Done = (status: number, answer: Answer, retryMs: number) => void;

/** A POST when there is a form. Returns how to cancel it silently. */
export function request(
  address: string,
  deadlineMs: number,
  done: Done,
  form?: string,
  token?: string | null
): () => void {
  var over = false;
  var old = window as unknown as { ActiveXObject: new (name: string) => XMLHttpRequest };
  var xhr = window.XMLHttpRequest ? new XMLHttpRequest() : new old.ActiveXObject("Microsoft.XMLHTTP");
  var deadline = setTimeout(end, deadlineMs);
  xhr.open(form ? "POST" : "GET", address, true);
  xhr.setRequestHeader("Accept", "application/json");
  if (form) xhr.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
  if (token) xhr.setRequestHeader("X-Parkbench-Token", token);
  xhr.onreadystatechange = function () {
    if (xhr.readyState === 4) end();
  };
  xhr.send(form || null);
  return cancel;

  function end() {
    if (over) return;
    var status = 0;
    var answer = null;
    var retryS = 0;
    try {
      status = xhr.status;
      answer = parse(xhr.responseText);
      retryS = Number(xhr.getResponseHeader("Retry-After")) || 0;
    } catch (_cut) {}
    cancel();
    done(status, Object(answer), retryS * 1000);
  }

  function cancel() {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    xhr.abort();
  }
}

/** The server's own refusal, which trying again does not mend; null for anything that may pass. */
export function refusal(status: number, answer: Answer): Problem | null {
  return answer.code && status >= 400 && status < 500 && status !== 408 && status !== 429
    ? (answer as Problem)
    : null;
}

/** Half a surrogate pair cannot be encoded, and a text must not be stuck for it. */
export function encode(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (_malformed) {
    return encodeURIComponent(text.replace(/[\uD800-\uDFFF]/g, "\uFFFD"));
  }
}
