/** A few readers that only wait, so that the room which is measured is an active one. */
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Longer than one case takes. */
const WAIT_S = 45;
const PARKED_MS = 100;

/** @param {string} since the newest cursor: nothing may be sent to the room while they wait */
export function parkReaders(port, since, count) {
  const agent = new Agent({ maxSockets: count });
  let ended = null;
  const requests = Array.from({ length: count }, () => {
    const path = `/poll?since=${since}&wait=${WAIT_S}`;
    const request = get({ host: "127.0.0.1", port, path, agent }, ({ statusCode }) => {
      ended ??= `a reader that was to wait was answered with ${statusCode}`;
    });
    return request.on("error", (error) => {
      ended ??= `a reader that was to wait failed: ${error.message}`;
    });
  });
  return {
    /** Throws when one of them was answered: the room was not an active one all the time. */
    async mustBeParked() {
      await sleep(PARKED_MS);
      if (ended !== null) throw new Error(ended);
    },
    leave() {
      for (const request of requests) request.destroy();
      agent.destroy();
    },
  };
}
