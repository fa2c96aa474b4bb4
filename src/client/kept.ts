/** What stays in the browser: storage that may be missing, full or forbidden. */
export type Area = "localStorage" | "sessionStorage";

/** Before every key, so that all of it can be found and forgotten. */
export var PREFIX = "parkbench:";

export function kept(area: Area, key: string): string {
  try {
    return window[area].getItem(PREFIX + key) || "";
  } catch (_forbidden) {
    return "";
  }
}

/** An empty value removes it. */
export function keep(area: Area, key: string, value: string): void {
  try {
    if (value) window[area].setItem(PREFIX + key, value);
    else window[area].removeItem(PREFIX + key);
  } catch (_forbidden) {}
}

export function forgetAll(area: Area): void {
  try {
    for (var i = window[area].length; i--; ) {
      var key = window[area].key(i) || "";
      if (key.indexOf(PREFIX) === 0) window[area].removeItem(key);
    }
  } catch (_forbidden) {}
}
