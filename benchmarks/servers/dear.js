/** The peers whose every delivery is dear: they are measured with fewer clients and messages, or a run would take hours. */

const DEAR = new Set(["socketio", "sockjs", "faye", "express"]);
const PARKED_MAX = 10_000;

export function isDear(peer) {
  return DEAR.has(peer);
}

/** Of the numbers of clients, those that this peer is measured with. */
export function parkedFor(peer, counts) {
  return isDear(peer) ? counts.filter((count) => count <= PARKED_MAX) : counts;
}
