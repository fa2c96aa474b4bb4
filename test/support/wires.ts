/** A primary and its workers in one process: what they send is copied as JSON and arrives in a later turn, in order. */
import { EventEmitter } from "node:events";
import type { Wire, WorkerEnd } from "../../src/primary-rates.js";

export class FakePrimary extends EventEmitter {
  readonly workers: Record<string, WorkerEnd | undefined> = {};
  /** Messages in both directions. */
  sent = 0;
  #id = 0;

  /** A worker that has begun to listen: its end of the wire. */
  fork(): Wire & EventEmitter & { readonly id: number } {
    this.#id += 1;
    const id = this.#id;
    const process = new EventEmitter();
    const worker: WorkerEnd = {
      id,
      send: (message, sent) => this.#carry(message, sent, (copy) => process.emit("message", copy)),
    };
    this.workers[id] = worker;
    this.emit("listening", worker);
    const send: Wire["send"] = (message, _handle, _options, sent) =>
      this.#carry(message as object, sent, (copy) => this.emit("message", worker, copy));
    return Object.assign(process, { id, send });
  }

  exit(id: number): void {
    const worker = this.workers[id];
    delete this.workers[id];
    this.emit("exit", worker);
  }

  #carry(message: object, sent: (error: Error | null) => void, arrive: (copy: unknown) => void): boolean {
    this.sent += 1;
    const copy = JSON.stringify(message);
    setImmediate(() => {
      sent(null);
      arrive(JSON.parse(copy));
    });
    return true;
  }
}
