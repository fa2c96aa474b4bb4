/** A peer's server with a load of its own: started together, stopped together, whatever goes wrong. */
import { startLoad } from "../load/load.js";
import { startServer } from "../machine/server-process.js";
import { PEERS } from "../servers/index.js";

/**
 * @template T
 * @param {string} name the peer's
 * @param {{
 *   rooms?: readonly string[], waitS?: number, sessions?: (port: number) => Promise<string[]>,
 *   start?: Parameters<typeof startServer>[1],
 * }} options
 * @param {(server: import("../machine/server-process.js").ServerProcess, load: import("../load/load.js").Load) => Promise<T>} run
 * @returns {Promise<T>}
 */
export async function withCrowd(name, { rooms = [], waitS, sessions, start }, run) {
  const peer = PEERS[name];
  const server = await startServer(peer, start);
  try {
    await peer.makeRooms?.(server.port, rooms);
    const cookies = await sessions?.(server.port);
    const load = await startLoad();
    try {
      await load.call("open", { port: server.port, protocol: peer.protocol, waitS, sessions: cookies });
      return await run(server, load);
    } catch (error) {
      throw new Error(`${peer.label}: ${error.message}`, { cause: error });
    } finally {
      await load.stop();
    }
  } finally {
    await server.stop();
  }
}
