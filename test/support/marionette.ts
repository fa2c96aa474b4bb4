/** Marionette, Firefox's own remote control: commands and answers as JSON after their length, over TCP. */
import { connect, type Socket } from "node:net";

/** What a command was answered with instead of a value. */
export class MarionetteError extends Error {
  readonly code: string;
  constructor(command: string, { error, message }: { error: string; message: string }) {
    super(`${command}: ${error}: ${message}`);
    this.code = error;
  }
}

export interface Marionette {
  /** The answer's value; rejects with a MarionetteError. Answers come in the order of the commands. */
  call(command: string, parameters?: Record<string, unknown>): Promise<unknown>;
  close(): void;
}

type Settle = (
  answer: readonly [1, number, { error: string; message: string } | null, unknown] | null,
) => void;

/** Resolves once Firefox has said who it is. */
export async function openMarionette(port: number): Promise<Marionette> {
  const socket = connect(port, "127.0.0.1");
  const settles = new Map<number, Settle>();
  let commands = 0;
  const greeting = new Promise<void>((resolve, reject) => {
    settles.set(0, (answer) => (answer ? resolve() : reject(new Error("Firefox has hung up"))));
  });
  readPackets(socket, (packet) => {
    // The greeting is an object, everything else [1, id, error, value].
    const answer = (Array.isArray(packet) ? packet : [1, 0, null, packet]) as never;
    settles.get(answer[1])?.(answer);
    settles.delete(answer[1]);
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    for (const settle of settles.values()) settle(null);
    settles.clear();
  });
  await greeting;

  return {
    call: (command, parameters = {}) =>
      new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error(`${command}: Firefox has hung up`));
        commands += 1;
        settles.set(commands, (answer) => {
          if (!answer) reject(new Error(`${command}: Firefox has hung up`));
          else if (answer[2]) reject(new MarionetteError(command, answer[2]));
          else resolve((answer[3] as { value?: unknown } | null)?.value ?? answer[3]);
        });
        const text = JSON.stringify([0, commands, command, parameters]);
        socket.write(`${Buffer.byteLength(text)}:${text}`);
      }),
    close: () => void socket.destroy(),
  };
}

/** A packet is `length:JSON`, the length in bytes. */
function readPackets(socket: Socket, hear: (packet: unknown) => void): void {
  let got = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
    for (;;) {
      const colon = got.indexOf(":");
      if (colon < 0) return;
      const end = colon + 1 + Number(got.toString("latin1", 0, colon));
      if (got.length < end) return;
      hear(JSON.parse(got.toString("utf8", colon + 1, end)));
      got = got.subarray(end);
    }
  });
}
