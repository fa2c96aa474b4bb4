/** The room's messages as the page shows them: new ones on top, removed ones as such. */
import { byId, setText } from "./dom.js";
import type { Message } from "./message.js";
import { localise } from "./page-time.js";

export interface MessageList {
  /** Returns whether it is the reader's own. */
  show(message: Message): boolean;
  /** A message with this nonce will be the reader's own, whatever name it bears. */
  isMine(nonce: string): void;
  clear(): void;
}

var SHOWN_MAX = 1000;

/** `user`: the reader's id, or "". */
export function messageList(list: HTMLElement, user: string): MessageList {
  var sent: { [nonce: string]: boolean } = {};
  var log = byId("log");
  // The one message partial, rendered empty: it is in an attribute, so that no browser shows it.
  var maker = document.createElement("ul");
  maker.innerHTML = list.getAttribute("data-prototype") || "";
  if (log) {
    log.setAttribute("role", "log");
    log.setAttribute("aria-live", "polite");
  }

  return {
    show: show,
    isMine: function (nonce) {
      sent[nonce] = true;
    },
    clear: function () {
      setText(list, "");
    }
  };

  function show(message: Message): boolean {
    if (message.kind === "delete" && message.ref) {
      remove(byId("m" + message.ref));
      return false;
    }
    var item = (maker.children[0] as HTMLElement).cloneNode(true) as HTMLElement;
    var mine = isOwn(message);
    item.id = "m" + message.id;
    item.className = "message fresh";
    if (mine) item.className += " mine";
    if (message.kind !== "message" && /^[a-z-]+$/.test(message.kind))
      item.className += " kind-" + message.kind;
    part(item, "when").title = message.at;
    setText(part(item, "when"), message.at.slice(0, 16).replace("T", " "));
    localise(part(item, "when"));
    setText(part(item, "who"), (message.from && message.from.name) || "");
    setText(part(item, "text"), message.text);
    // A moderator's: it says which message is meant.
    var id = item.querySelector("[name=id]") as HTMLInputElement | null;
    if (id) id.value = String(message.id);
    if (message.kind === "message" && !message.text) remove(item);
    list.insertBefore(item, list.firstChild);
    while (list.children.length > SHOWN_MAX && list.lastChild) list.removeChild(list.lastChild);
    setText(byId("empty") as HTMLElement, "");
    return mine;
  }

  function isOwn(message: Message): boolean {
    if (message.nonce && sent[message.nonce]) return true;
    return !!user && !!message.from && message.from.id !== null && String(message.from.id) === user;
  }
}

function remove(item: HTMLElement | null) {
  if (!item) return;
  item.className += " removed";
  setText(part(item, "text"), "(removed)");
  var form = part(item, "remove");
  if (form) item.removeChild(form);
}

function part(item: HTMLElement, name: string): HTMLElement {
  return item.querySelector("." + name) as HTMLElement;
}
