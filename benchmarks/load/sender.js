/** Who sends: one kept connection, and a message's number taken from its room. */
import { connect } from "node:net";
import { answerIn } from "./answers.js";
import { textOf } from "./texts.js";

export class Sender {
  #protocol;
  #crowd;
  #socket;
  #rest = "";
  /** Answers come in the order of the requests. */
  #waiting = [];
  /** Why nothing can be asked any more. */
  #failure = null;

  constructor(protocol, port, crowd) {
    this.#protocol = protocol;
    this.#crowd = crowd;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#read(text));
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("close", () => this.#fail(new Error("The server closed the sender's connection")));
  }

  /** A first message that nobody waits for: its answer has the cursor from which clients start. */
  async prime() {
    await this.#request(this.#protocol.send("lobby", "first"));
  }

  /** After `crowd.expect`, which counts the message. */
  send(room) {
    return this.#request(this.#protocol.send(room, textOf(this.#crowd.room(room).sent)));
  }

  close() {
    this.#waiting = [];
    this.#socket.destroy();
  }

  #request(text) {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((done, fail) => {
      this.#waiting.push({ done, fail });
      this.#socket.write(text, "latin1");
    });
  }

  #read(text) {
    this.#rest += text;
    try {
      for (let answer = answerIn(this.#rest); answer; answer = answerIn(this.#rest)) {
        this.#rest = this.#rest.slice(answer.end);
        if (answer.status < 200 || answer.status > 299) {
          throw new Error(`A send was answered with ${answer.status}: ${answer.body.slice(0, 200)}`);
        }
        this.#protocol.sent(answer);
        this.#waiting.shift()?.done();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    this.#failure ??= error;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }
}
