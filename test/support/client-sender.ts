/** A page of a faked browser that sends by the built client, and writes down what becomes of each send. */
import { connect, type FakeWindow, fakeWindow, type WindowOptions } from "./client-window.js";

/** Connects by polling, as user 7 unless the options say otherwise. */
export function startSender(code: string, options: object = {}, browser: WindowOptions = {}): FakeWindow {
  const window = fakeWindow(code, browser);
  connect(window, { transports: ["poll"], user: 7, token: "t", ...options });
  window.run(`
    function say(text) {
      var result = chat.send(text);
      result.then(function (sent) { log.push("sent " + sent.id); }, function (no) { log.push("failed " + no.code); });
      return result;
    }
  `);
  return window;
}

export function say(window: FakeWindow, text: string): FakeWindow {
  window.run(`say(${JSON.stringify(text)})`);
  return window;
}

/** The texts that were posted, in order, repetitions included. */
export function sends(window: FakeWindow): string[] {
  return window.wires.filter(({ path }) => path === "/send").map(({ form }) => String(form.get("text")));
}
