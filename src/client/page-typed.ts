/** What is typed and not sent yet outlives another form of the page, which leads back to it. */
import { keep, kept } from "./kept.js";
import { on } from "./on.js";

/** A moderator's button on a message is such a form. */
export function keepTyped(text: HTMLInputElement, room: string, list: HTMLElement): void {
  var key = "typed:" + room;
  on(list, "submit", function () {
    keep("sessionStorage", key, text.value);
  });
  if (!text.value) text.value = kept("sessionStorage", key);
  keep("sessionStorage", key, "");
}
