/** One reading client on a raw socket: asks, reads, asks again. */
import { connect } from "node:net";
import { answerIn } from "./answers.js";
import { numberOf } from "./texts.js";

/** One for all: what has been read is dealt with before the next read. */
const buffer = Buffer.allocUnsafeSlow(65_536);

export class Client {
  index;
  room;
  /** The number of the newest message that it has. */
  number;
  /** The protocol's own. */
  memo = null;
  isParked = false;
  #crowd;
  #protocol;
  #socket;
  #rest = "";
  #held = null;

  constructor(index, room, protocol, crowd) {
    this.index = index;
    this.room = room;
    this.number = room.sent;
    this.#protocol = protocol;
    this.#crowd = crowd;
  }

  /** Resolves when it is connected and has asked for the first time. */
  connect(port) {
    const callback = (length) => {
      try {
        this.#read(length);
      } catch (error) {
        this.#crowd.fail(error.message);
      }
      return true;
    };
    return new Promise((done, fail) => {
      this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
      this.#socket.once("connect", () => {
        this.#write(this.#protocol.first(this));
        done();
      });
      this.#socket.on("error", (error) => {
        fail(error);
        this.#crowd.fail(`A client's connection broke: ${error.message}`);
      });
      this.#socket.on("close", () => this.#crowd.fail("The server closed a client's connection"));
    });
  }

  /** Asks what was held back. */
  release() {
    if (this.#held === null) return;
    this.#write(this.#held);
    this.#held = null;
  }

  destroy() {
    this.#socket.destroy();
  }

  #read(length) {
    const { room } = this;
    // Most answers of a fan-out are byte for byte the one before: nothing of them need be looked at again.
    const isNext = this.isParked && this.#rest === "" && this.number === room.answered - 1;
    if (!isNext || !room.isRemembered(buffer, length)) {
      this.#readWhole(length);
      return;
    }
    this.#deliver(room.answered);
    this.#ask(room.answeredSince);
  }

  #readWhole(length) {
    this.#rest += buffer.latin1Slice(0, length);
    const answer = answerIn(this.#rest);
    if (answer === null) return;
    if (answer.end !== this.#rest.length)
      throw new Error("A client got more than the answer that it asked for");
    const isInOneRead = this.#rest.length === length;
    this.#rest = "";
    const { texts, since } = this.#protocol.read(this, answer);
    for (const text of texts) this.#deliver(numberOf(text));
    if (texts.length === 0 && this.isParked) this.#crowd.empties += 1;
    if (this.#protocol.isShared && isInOneRead && texts.length === 1) {
      this.room.remember(buffer, length, this.number, since);
    }
    this.#ask(since);
  }

  #deliver(number) {
    const { room } = this;
    if (number !== this.number + 1 || number > room.sent) {
      throw new Error(`A client got message ${number} after ${this.number}; ${room.sent} were sent`);
    }
    this.number = number;
    this.#crowd.delivered(room, number);
  }

  #ask(since) {
    const step = this.#protocol.next(this, since);
    if (this.#crowd.isHeld) this.#held = step;
    else this.#write(step);
  }

  #write({ request, parks }) {
    this.#socket.write(request, "latin1");
    if (!parks || this.isParked) return;
    this.isParked = true;
    this.#crowd.parked();
  }
}
