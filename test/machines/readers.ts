/** Everybody who reads through a balancer: each transport as plainly as it can be read, and the client for Node. */
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "../../src/node-client/index.js";
import { Reader, type Row, type Transport } from "../delivery/reader.js";
import { TRANSPORTS } from "../delivery/transports.js";
import type { Tally } from "./tally.js";

export interface Reading {
  readonly name: string;
  readonly rows: readonly Row[];
  /** How often it was told that its cursor means nothing. */
  resets(): number;
  close(): Promise<void>;
}

const AGAIN_MS = 50;

/** All of them from the same cursor on. */
export function startReaders(url: string, cursor: string, tally: Tally): readonly Reading[] {
  return [
    ...TRANSPORTS.map((transport) => plainReader(transport, url, cursor, tally)),
    clientReader(["websocket", "sse", "poll"], url, cursor, tally),
    clientReader(["sse", "poll"], url, cursor, tally),
    clientReader(["poll"], url, cursor, tally),
  ];
}

function plainReader(transport: Transport, url: string, cursor: string, tally: Tally): Reading {
  const reader = new Reader(() => told(transport, tally));
  reader.open({ url, rooms: ["lobby"] }, cursor);
  return {
    name: transport.name,
    rows: reader.rows,
    resets: () => reader.resets,
    close: () => reader.close(),
  };
}

/** The same, and it tells of whatever ended it otherwise than it should. */
function told(transport: Transport, tally: Tally): Transport {
  return {
    ...transport,
    async leg(journal, place, line) {
      try {
        const end = await transport.leg(journal, place, line);
        if (end === "cut") tally.note(transport.name, "cut");
        return end;
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        const status = /^(\d{3}) |response: (\d{3})$/.exec(text)?.slice(1).find(Boolean);
        tally.note(transport.name, status ? Number(status) : "cut", text);
        await pause(AGAIN_MS);
        throw error;
      }
    },
  };
}

type TransportName = "websocket" | "sse" | "poll";

function clientReader(
  transports: readonly TransportName[],
  url: string,
  cursor: string,
  tally: Tally,
): Reading {
  const name = `the client by ${transports[0]}`;
  const rows: Row[] = [];
  let resets = 0;
  const chat = connect({
    url,
    since: cursor,
    transports,
    onReset: () => {
      resets += 1;
    },
    onTrouble: ({ status, message }) => tally.note(name, status || "cut", message),
  });
  const reading = (async () => {
    for await (const { id, text } of chat) rows.push({ id, text });
  })().catch((error: unknown) => tally.faults.push(`${name} gave up: ${String(error)}`));
  return {
    name,
    rows,
    resets: () => resets,
    close: async () => {
      chat.close();
      await reading;
    },
  };
}
