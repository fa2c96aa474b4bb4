/** A running chat as the contract needs it: who writes, what is in the log, how many wait. */
import { makeRoom } from "../support/guest.js";
import { call, idOf } from "../support/http-client.js";
import type { Member } from "../support/member.js";
import { turn } from "../support/turn.js";
import type { Beside } from "./beside.js";
import type { Row } from "./reader.js";

export interface Running {
  readonly url: string;
  readonly beside: Beside;
  readonly chat: { send(draft: { room: string; text: string }): Promise<{ readonly id: number }> };
  readonly parked: () => number;
}

export const OTHER_ROOM = "yard";

export class Scene {
  readonly url: string;
  readonly parked: () => number;
  /** How long nothing may change while a state is waited for, in ms; less where it is known that it will not come. */
  readonly #patienceMs: number;
  readonly #running: Running;
  #count = 0;

  constructor(running: Running, patienceMs = 10_000) {
    this.#running = running;
    this.#patienceMs = patienceMs;
    this.url = running.url;
    this.parked = running.parked;
  }

  static async furnish(running: Running): Promise<void> {
    await makeRoom(running.url, "Maker", OTHER_ROOM, "The yard");
  }

  /** Stores a message through the chat; its id. */
  async send(room = "lobby", size = 0): Promise<number> {
    return (await this.#running.chat.send({ room, text: this.#text(room, size) })).id;
  }

  /** The same in one go, by another program. */
  insert(count: number, room = "lobby", size = 0): Promise<void> {
    const texts = Array.from({ length: count }, () => this.#text(room, size));
    return this.#running.beside.insert(room, texts);
  }

  /** Posts in somebody's session; the id. */
  async sendAs({ cookie, token }: Member): Promise<number> {
    const form = { text: this.#text("lobby", 0), token };
    return idOf(await call(`${this.url}/send`, { form, headers: { cookie } }));
  }

  /** The cursor at the end of the log. */
  async end(): Promise<string> {
    const { text } = await call(`${this.url}/poll?since=now&wait=0`);
    return (JSON.parse(text) as { next: string }).next;
  }

  /** What is in the log after a cursor, but for what a user wrote. */
  slice(after: string, rooms: readonly string[] = ["lobby"], but = -1): Promise<readonly Row[]> {
    return this.#running.beside.slice(Number.parseInt(after, 10), rooms, but);
  }

  /** Waits for a state without any timer, for as long as `what` says that there is something new. */
  async until(isThere: () => boolean, what: () => string): Promise<void> {
    let seen = what();
    let changedAtMs = performance.now();
    while (!isThere()) {
      const now = what();
      if (now !== seen) changedAtMs = performance.now();
      else if (performance.now() - changedAtMs > this.#patienceMs) throw new Error(`did not come: ${now}`);
      seen = now;
      await turn();
    }
  }

  waiting(count: number): Promise<void> {
    return this.until(
      () => this.parked() === count,
      () => `${count} who wait; ${this.parked()} do`,
    );
  }

  /** With all that a page must escape. */
  #text(room: string, size: number): string {
    return `${room} ${++this.#count} <b>&amp; "it's"`.padEnd(size, "x");
  }
}
