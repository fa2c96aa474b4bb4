/** What the load knows of a room: how many messages were sent, and the newest answer that its readers got. */

export class Room {
  name;
  readers = 0;
  /** The number of the newest message. */
  sent = 0;
  /** The newest answer with one message: its bytes, its message's number, and what the protocol asks with next. */
  #bytes = null;
  #length = 0;
  answered = 0;
  answeredSince = null;
  /** The protocol's own. */
  since = null;
  step = null;
  newest = null;

  constructor(name) {
    this.name = name;
  }

  remember(buffer, length, number, since) {
    this.#bytes ??= Buffer.allocUnsafe(buffer.length);
    buffer.copy(this.#bytes, 0, 0, length);
    this.#length = length;
    this.answered = number;
    this.answeredSince = since;
  }

  /** Is what was read byte for byte the newest answer? */
  isRemembered(buffer, length) {
    return length === this.#length && buffer.compare(this.#bytes, 0, length, 0, length) === 0;
  }
}
