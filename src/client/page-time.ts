/** The server writes times in UTC; who reads them has a clock of their own. */
import { setText } from "./dom.js";

export function localiseAll(list: HTMLElement) {
  var times = list.querySelectorAll(".when");
  for (var i = 0; i < times.length; i++) localise(times[i] as HTMLElement);
}

/** From the title, which is ISO 8601. What an old browser cannot parse stays as it is. */
export function localise(when: HTMLElement) {
  var at = new Date(when.title);
  if (isNaN(Number(at))) return;
  var time = local(at);
  setText(when, time.slice(0, 10) === local(new Date()).slice(0, 10) ? time.slice(11) : time);
}

function local(at: Date): string {
  var day = at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate());
  return day + " " + two(at.getHours()) + ":" + two(at.getMinutes());
}

function two(part: number): string {
  return part < 10 ? "0" + part : String(part);
}
