/** The driver's side of the load: a process of its own on the other core, told what to do by name. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LOAD_CORE, pinned, pinSelf } from "../machine/cores.js";

const generator = fileURLToPath(new URL("generator.js", import.meta.url));

/**
 * @typedef {object} Load
 * @property {(name: string, params?: object) => Promise<any>} call one at a time; rejects when the load saw something wrong
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Load>} */
export async function startLoad() {
  pinSelf(LOAD_CORE);
  // Room for young objects: the load's own collections must not show as the server's delay.
  const [program, args] = pinned(LOAD_CORE, process.execPath, ["--max-semi-space-size=64", generator]);
  const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const calls = new Map();
  let calledLast = 0;
  let over = null;

  child.on("message", ({ call, result, error }) => {
    const waiting = calls.get(call);
    calls.delete(call);
    if (error === undefined) waiting?.done(result);
    else waiting?.fail(new Error(error));
  });
  const ended = new Promise((done) => {
    const end = (why) => {
      over = new Error(`The load generator ended (${why?.message ?? why})`);
      for (const { fail } of calls.values()) fail(over);
      calls.clear();
      done();
    };
    child.once("error", end);
    child.once("exit", end);
  });
  const killNow = () => child.kill("SIGKILL");
  process.once("exit", killNow);

  return {
    call(name, params = {}) {
      if (over) return Promise.reject(over);
      return new Promise((done, fail) => {
        calledLast += 1;
        calls.set(calledLast, { done, fail });
        child.send({ call: calledLast, name, params });
      });
    },
    async stop() {
      process.off("exit", killNow);
      killNow();
      await ended;
    },
  };
}
