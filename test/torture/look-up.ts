/** Reads of single rows and pages, at any process, that begin right after an acknowledgement. */
import { messagesIn } from "../support/html.js";
import { call, type PollBody } from "../support/http-client.js";
import type { Random } from "../support/random.js";
import type { LookUp, Page, Sent } from "./history.js";
import type { TortureProcess } from "./process.js";
import { parsed } from "./wires.js";

const PATIENCE_MS = 1500;
const MESSAGE = /<li class="message[^"]*" id="m(\d+)">(.*?)<\/li>/gs;

/** They go past the faulty hop: a read that is repeated would no longer be one right after the acknowledgement. */
export class LookUps {
  readonly found: LookUp[] = [];
  readonly pages: Page[] = [];
  readonly #random: Random;
  readonly #onTrouble: (text: string) => void;

  constructor(random: Random, onTrouble: (text: string) => void) {
    this.#random = random;
    this.#onTrouble = onTrouble;
  }

  /** Writes down nothing when the process is away. */
  async look({ room }: Sent, id: number, { url, name }: TortureProcess): Promise<void> {
    const text = await read(`${url}/poll?since=${id - 1}&room=${room}&limit=1&wait=0`);
    if (text === null) return;
    try {
      const { messages, retry } = parsed(() => JSON.parse(text) as PollBody);
      // A process that stops says so.
      if (retry === 0) this.found.push({ id, process: name, isThere: messages[0]?.id === id });
    } catch (error) {
      this.#onTrouble(`a read on ${name} was answered ${error instanceof Error ? error.message : error}`);
    }
    if (!this.#random.oneIn(3)) return;
    const page = await read(`${url}/rooms/${room}`);
    if (page !== null) this.pages.push({ process: name, shown: shownIn(page) });
  }
}

async function read(url: string): Promise<string | null> {
  try {
    const { status, text } = await call(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return status === 200 ? text : null;
  } catch {
    return null;
  }
}

/** A text that holds a tag has none, as a browser would make elements of it. */
function shownIn(html: string): Page["shown"] {
  return [...html.matchAll(MESSAGE)].map(([, id, inner = ""]) => {
    return { id: Number(id), text: messagesIn(inner)[0] ?? null };
  });
}
