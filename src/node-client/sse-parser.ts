/** Event streams: bytes in any pieces to events, as the HTML standard interprets them. */
import { ChatError } from "./errors.js";

export interface StreamEvent {
  /** `message` where the stream names none. */
  readonly type: string;
  readonly data: string;
  /** The stream's last id so far, which an event need not carry itself. */
  readonly id: string;
}

/** More than this without an empty line is no chat. */
const PENDING_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * Not by a package: the common one (eventsource-parser 3.1) holds a line that ends in CR back until another line ends, and
 * loses an id that comes without data, which is how the server says that rows were left out.
 */
export class SseParser {
  // Takes one byte order mark off the start, and waits for the rest of a character that was cut in two.
  readonly #decoder = new TextDecoder();
  #pieces: string[] = [];
  #pieceCharacters = 0;
  /** The last piece ended in CR: an LF that follows belongs to it. */
  #afterCr = false;
  #type = "";
  #data: string[] = [];
  #dataCharacters = 0;
  #id = "";
  #lastId = "";
  #retryMs: number | null = null;

  /** The events that these bytes complete. What is unfinished at the stream's end is none. */
  feed(bytes: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = [];
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return events;
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    this.#afterCr = text === "" ? false : text.endsWith("\r");
    const lines = text.split(/\r\n|\r|\n/);
    for (const [index, piece] of lines.entries()) {
      this.#pieces.push(piece);
      this.#pieceCharacters += piece.length;
      if (this.#pieceCharacters + this.#dataCharacters > PENDING_CHARACTERS_MAX)
        throw new ChatError(200, "garbled", "An event of the stream is too large.");
      if (index === lines.length - 1) break;
      const line = this.#pieces.join("");
      this.#pieces = [];
      this.#pieceCharacters = 0;
      const event = this.#line(line);
      if (event) events.push(event);
    }
    return events;
  }

  /** The id of the last event that was complete, with data or without. */
  get lastId(): string {
    return this.#lastId;
  }

  /** The stream's last word on when to come back; null when it has said none. */
  get retryMs(): number | null {
    return this.#retryMs;
  }

  #line(line: string): StreamEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") {
      this.#data.push(value);
      this.#dataCharacters += value.length + 1;
    } else if (field === "event") this.#type = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.#retryMs = Number(value);
    return null;
  }

  #dispatch(): StreamEvent | null {
    this.#lastId = this.#id;
    const isEmpty = this.#data.length === 0;
    const event = { type: this.#type || "message", data: this.#data.join("\n"), id: this.#lastId };
    this.#type = "";
    this.#data = [];
    this.#dataCharacters = 0;
    return isEmpty ? null : event;
  }
}
