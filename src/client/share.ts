/** Finds out whether there is a second tab, and loads what sharing one connection takes only then. */
import type { Core } from "./core.js";
import { keep, PREFIX } from "./kept.js";
import { random } from "./random.js";

var hasTabs = false;

/** Tabs say that they are there by a write that all others hear; what sharing takes is loaded with the second one. */
export function share(core: Core) {
  core.isShared = true;
  if (window.Parkbench.tabs) window.Parkbench.tabs(core);
  keep("localStorage", "tab:" + core.url, "+" + random());
}

/** Another tab has written something. */
export function hearTab(key: string | null, value: string, core: Core) {
  if (!core.isShared || key !== PREFIX + "tab:" + core.url) return;
  // Newcomers are answered; an answer is not, or tabs would talk without end.
  if (value.charAt(0) === "+") keep("localStorage", "tab:" + core.url, random());
  if (hasTabs) return;
  hasTabs = true;
  var script = document.createElement("script");
  script.src = core.url + "/tabs.js";
  script.onerror = function () {
    hasTabs = false;
  };
  (document.getElementsByTagName("head")[0] as HTMLElement).appendChild(script);
}
