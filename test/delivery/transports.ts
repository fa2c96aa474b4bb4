/** All ways to read. */
import { live, wait } from "./page-transports.js";
import type { Transport } from "./reader.js";
import { events, poll, webSocket } from "./wire-transports.js";

export const TRANSPORTS: readonly Transport[] = [poll, events, webSocket, live, wait];
