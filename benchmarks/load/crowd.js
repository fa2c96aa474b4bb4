/** Thousands of reading clients, each of which must get every message of its room once, in order. */
import { Client } from "./client.js";
import { Room } from "./room.js";

const CONNECTS_AT_ONCE = 200;
const LATE_MS = 30_000;

export class Crowd {
  /** Nobody asks again before `release`. */
  isHeld = false;
  /** Answers without a message. */
  empties = 0;
  /** When a message has come to a client: its room, and its number in it. */
  onDelivery = null;
  #protocol;
  #port;
  #clients = [];
  #rooms = new Map();
  #expected = null;
  #notParked = 0;
  #onParked = null;
  #failure = null;
  #isClosing = false;

  constructor(protocol, port) {
    this.#protocol = protocol;
    this.#port = port;
  }

  room(name) {
    let room = this.#rooms.get(name);
    if (!room) {
      room = new Room(name);
      this.#rooms.set(name, room);
    }
    return room;
  }

  /** Adds clients until there are `count`, spread over `rooms`; resolves when all have asked what parks them. */
  async grow(count, rooms) {
    while (this.#clients.length < count && !this.#failure) {
      const first = this.#clients.length;
      const batch = [];
      for (let i = first; i < Math.min(count, first + CONNECTS_AT_ONCE); i += 1) {
        const room = this.room(rooms[i % rooms.length]);
        const client = new Client(i, room, this.#protocol, this);
        this.#clients.push(client);
        room.readers += 1;
        this.#notParked += 1;
        batch.push(client.connect(this.#port));
      }
      await Promise.all(batch);
    }
    await new Promise((done) => {
      this.#onParked = done;
      if (this.#notParked === 0 || this.#failure) done();
    });
    this.#throwFailure();
  }

  /** Counts a message that is about to be sent; resolves when everybody in its room has it. */
  expect(name, isHeld) {
    this.#throwFailure();
    const room = this.room(name);
    room.sent += 1;
    this.isHeld = isHeld;
    return new Promise((done, fail) => {
      const late = setTimeout(() => {
        const { left } = this.#expected;
        this.fail(`${left} of ${room.readers} clients did not get message ${room.sent} within 30 s`);
      }, LATE_MS);
      this.#expected = { room, left: room.readers, done, fail, late };
    });
  }

  /** Lets everybody ask again. */
  release() {
    this.isHeld = false;
    for (const client of this.#clients) client.release();
  }

  /** What was in between: answers without a message, messages that have not come. Throws when something was wrong. */
  look() {
    this.#throwFailure();
    const { empties } = this;
    this.empties = 0;
    return { empties, missing: this.#clients.reduce((sum, { room, number }) => sum + room.sent - number, 0) };
  }

  close() {
    this.#isClosing = true;
    clearTimeout(this.#expected?.late);
    for (const client of this.#clients) client.destroy();
  }

  delivered(room, number) {
    this.onDelivery?.(room, number);
    const expected = this.#expected;
    if (expected?.room !== room) return;
    expected.left -= 1;
    if (expected.left > 0) return;
    this.#expected = null;
    clearTimeout(expected.late);
    expected.done({ deliveries: room.readers, doneAt: performance.now() });
  }

  parked() {
    this.#notParked -= 1;
    if (this.#notParked === 0) this.#onParked?.();
  }

  /** Ends what is under way, and every later call: after one mistake no figure means anything. */
  fail(text) {
    if (this.#isClosing) return;
    this.#failure ??= new Error(text);
    this.#onParked?.();
    clearTimeout(this.#expected?.late);
    this.#expected?.fail(this.#failure);
    this.#expected = null;
  }

  #throwFailure() {
    if (this.#failure) throw this.#failure;
  }
}
