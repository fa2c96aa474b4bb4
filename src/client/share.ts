/** Finds out whether there is a second tab, and loads what sharing one connection takes only then. */
import type { Core } from "./core.js";
import { keep, PREFIX } from "./kept.js";
import { on } from "./on.js";
import { random } from "./random.js";

var hasTabs = false;

/** Tabs say that they are there by a write that all others hear; what sharing takes is loaded with the second one. */
export function share(core: Core) {
  var key = "tab:" + core.url;
  window.Parkbench.cores.push(core);
  if (window.Parkbench.tabs) window.Parkbench.tabs(core);
  on(window, "storage", function (event) {
    var value = (event as StorageEvent).newValue || "";
    if ((event as StorageEvent).key !== PREFIX + key) return;
    // Newcomers are answered; an answer is not, or tabs would talk without end.
    if (value.charAt(0) === "+") keep("localStorage", key, random());
    if (hasTabs) return;
    hasTabs = true;
    var script = document.createElement("script");
    script.src = core.url + "/tabs.js";
    (document.getElementsByTagName("head")[0] as HTMLElement).appendChild(script);
  });
  keep("localStorage", key, "+" + random());
}
