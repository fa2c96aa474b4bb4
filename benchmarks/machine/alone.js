/** Connections at one worker of a server: no other can take them while it is frozen. */
import { get } from "node:http";

/**
 * What `connect` opens is taken by `worker`, also what is still on its way when it resolves.
 * @template T
 * @param {{ port: number, pids: readonly number[] }} server its first process is the one that starts the workers
 * @param {number} worker
 * @param {() => Promise<T>} connect
 * @returns {Promise<T>}
 */
export async function alone({ port, pids }, worker, connect) {
  const others = pids.slice(1).filter((pid) => pid !== worker);
  if (others.length + 2 !== pids.length) throw new Error(`${worker} is no worker of this server`);
  for (const pid of others) process.kill(pid, "SIGSTOP");
  try {
    const result = await connect();
    // They are taken in the order in which they came, so that with this one all are.
    await answered(port);
    return result;
  } finally {
    for (const pid of others) process.kill(pid, "SIGCONT");
  }
}

function answered(port) {
  return new Promise((done, fail) => {
    const request = get({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (answer) => {
      answer.resume();
      answer.once("end", done);
    });
    request.once("error", fail);
  });
}
