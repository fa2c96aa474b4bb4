/** Every server that is compared: how it is started, and why it may not be. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nchan } from "./nchan.js";
import { parkbench } from "./parkbench.js";

/**
 * @typedef {object} Command
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} [env]
 * @property {string} [cwd]
 * @property {Record<string, string>} [files] written into the peer's folder before it starts
 *
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} label as people know it
 * @property {string} protocol which of load/protocols speaks with it
 * @property {(port: number, dir: string) => Command} command
 * @property {() => string | null} missing why it cannot be run here and how to get it
 * @property {string} [readyPath] what answers below 500 once it serves; "/" unless given
 * @property {(port: number, rooms: readonly string[]) => Promise<void>} [makeRooms] where rooms do not make themselves
 */

const here = dirname(fileURLToPath(import.meta.url));

/** @type {Readonly<Record<string, Peer>>} */
export const PEERS = {
  parkbench,
  plain: script({ name: "plain", label: "node:http, plain", protocol: "poll", packages: [] }),
  nchan,
  socketio: script({
    name: "socketio",
    label: "socket.io, polling",
    protocol: "socketio",
    packages: ["socket.io"],
  }),
  sockjs: script({ name: "sockjs", label: "sockjs, xhr", protocol: "sockjs", packages: ["sockjs"] }),
  faye: script({ name: "faye", label: "faye, long-polling", protocol: "faye", packages: ["faye"] }),
  express: script({
    name: "express",
    label: "Express + express-session",
    protocol: "poll",
    packages: ["express", "express-session"],
  }),
};

/** @returns {Peer} */
function script({ name, label, protocol, packages }) {
  return {
    name,
    label,
    protocol,
    command: (port) => ({ command: process.execPath, args: [join(here, `${name}.js`), String(port)] }),
    missing: () =>
      packages.every((wanted) => existsSync(join(here, "..", "node_modules", wanted)))
        ? null
        : "not installed; run `npm ci` in benchmarks/",
  };
}
