/** The compiled client by itself in an old engine, from which ever more is removed. */
import { afterEach, describe, expect, it } from "vitest";
import { historyOf, makeRoom, say } from "../support/guest.js";
import { type QtWebKit, startQtWebKit } from "../support/qtwebkit.js";
import { standalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

const SOON = { timeout: 8000, interval: 50 };

interface Engine {
  readonly without: readonly string[];
  readonly transport: string;
}

const ES6 = ["Promise", "Symbol", "Map", "Set", "WeakMap", "WeakSet", "Proxy"];
const BETTER = ["WebSocket", "EventSource"];
/** What Internet Explorer 8 lacks, and what 7 lacks: JSON and storage. */
const ES5 = [
  "JSON",
  "EventTarget.prototype.addEventListener",
  "EventTarget.prototype.removeEventListener",
  "Array.prototype.forEach",
  "Array.prototype.indexOf",
  "Array.prototype.map",
  "Date.now",
  "Function.prototype.bind",
  "Object.create",
  "Object.keys",
  "String.prototype.trim",
  "Uint8Array",
  "crypto",
  "localStorage",
  "sessionStorage",
];
const ENGINES: Readonly<Record<string, Engine>> = {
  "as it is": { without: [], transport: "websocket" },
  "without WebSocket": { without: ["WebSocket"], transport: "sse" },
  "without ES6, WebSocket and EventSource": { without: [...ES6, ...BETTER], transport: "poll" },
  "with ES3 alone": { without: [...ES6, ...BETTER, ...ES5], transport: "poll" },
};

const CONNECT = `
  var got = [], sent = [], opened = [], failed = [];
  var chat = Parkbench.connect({ rooms: [ROOM] });
  chat.onopen = function (state) { opened.push(state.transport); };
  chat.onmessage = function (message) { got.push(message.text); };
  chat.onerror = function (problem) { failed.push(problem.code); };
  true`;

describe.skipIf(!tools.qtwebkit)("the compiled client in QtWebKit", () => {
  const app = standalone();
  let browser: QtWebKit;
  afterEach(() => browser?.close());

  it.each(Object.entries(ENGINES))(
    "%s reads live and sends, each message once",
    async (name, { without, transport }) => {
      const room = `client-${Object.keys(ENGINES).indexOf(name)}`;
      await makeRoom(app().url, `Maker of ${room}`, room, "Client");
      await say(app().url, "Ben", "before it came", room);
      browser = startQtWebKit({ without });
      await load(browser);
      await browser.run(CONNECT.replace("ROOM", `"${room}"`));
      await expect.poll(() => browser.run("opened"), SOON).toEqual([transport]);
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(1);

      await say(app().url, "Ben", `not for ${room}`);
      await say(app().url, "Ben", "hello, old engine", room);
      await expect.poll(() => browser.run("got"), SOON).toEqual(["before it came", "hello, old engine"]);
      await browser.run(`
        chat.send("sent 'by' \\u2028 script", { name: "Quinn ${room}" })
          .then(function (message) { sent.push(message.text); }, function (problem) { failed.push(problem.code); });
        true`);
      const texts = ["before it came", "hello, old engine", "sent 'by' \u2028 script"];
      await expect.poll(() => browser.run("got"), SOON).toEqual(texts);
      await expect.poll(() => browser.run("sent"), SOON).toEqual(texts.slice(-1));
      expect((await historyOf(app().url, room)).map(({ text }) => text)).toEqual(texts);
      expect(await browser.run("failed")).toEqual([]);
      expect(await browser.run("opened")).toEqual([transport]);
      expect(await browser.complaints()).toEqual([]);

      await browser.run("chat.close(); true");
      await expect.poll(() => app().chat.tail.parked, SOON).toBe(0);
    },
  );

  /** On a page without a policy, as engines without JSON know of none: the client reads it by `new Function` there. */
  async function load(opened: QtWebKit): Promise<void> {
    await opened.show('<h1>Old</h1><script src="/client.js"></script>', `${app().url}/old.html`);
    await expect.poll(() => opened.run("typeof Parkbench"), SOON).toBe("object");
    await expect.poll(() => opened.run("document.readyState"), SOON).toBe("complete");
  }
});
