// The built server as a process that is looked into, on a port and a folder that outlive it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../dist/server.js", import.meta.url));
const MEASURE = new URL("./measure.js", import.meta.url).href;

/** Resolves when it listens. `env` may hold limits. */
export async function startServer({ folder, port = 0, env = {} }) {
  const child = spawn(process.execPath, ["--import", MEASURE, PROGRAM], {
    env: { ...process.env, PORT: String(port), DATABASE_URL: `${folder}/parkbench.db`, ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  let output = "";
  const exited = once(child, "exit");
  const url = await new Promise((done, fail) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const found = /listens on (http:\S+?)[" ]/.exec(`${output} `);
      if (found) done(found[1]);
    });
    exited.then(() => fail(new Error(`the server ended before it listened: ${output}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    /** Of the lines that it has written, those that match. */
    said: (pattern) => output.split("\n").filter((line) => pattern.test(line)),
    async measure() {
      const answer = once(child, "message");
      child.send("measure");
      return (await answer)[0];
    },
    /** The highest level of load that it has said to be at. */
    loadMax: () =>
      Math.max(0, ...[...output.matchAll(/"load":(\d),"before"/g)].map(([, level]) => Number(level))),
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}
