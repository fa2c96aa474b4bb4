/** Parks requests at the tail, and lets them go when their socket, their session or the server goes. */
import type { IncomingMessage } from "node:http";
import type { CrowdPlace } from "../core/crowd.js";
import type { Load } from "../core/load.js";
import { type Batch, EMPTY } from "../core/log.js";
import type { Wake } from "../core/reader.js";
import type { Tail } from "../core/tail.js";
import type { Addresses } from "./address.js";
import type { Guest, Stay } from "./guest.js";
import type { Presence, Present } from "./moderation-presence.js";
import { arrive, type Connection, connectionOf, isFollowed } from "./order.js";
import { type AddressCount, type ParkedBounds, ParkedCounts, type ParkedElsewhere } from "./parked-counts.js";

export interface Parked extends Stay {
  readonly rooms: readonly string[];
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  wake(batch: Batch, why: Wake | "full"): void;
  fail(error: unknown): void;
}

/** Who stays on a connection; no more than one. */
const GUEST = Symbol("guest");

interface Seated {
  [GUEST]?: Guest | null;
}

/** What somebody who stays is known by, beside the socket. */
export interface Listed {
  readonly client: string | null;
  readonly session: string | null;
  readonly address: AddressCount | null;
  readonly place: CrowdPlace<Present> | null;
}

const BY_SOCKET: Listed = { client: null, session: null, address: null, place: null };

/** A session's key is made anew at each sign-in: an ended one never comes back. */
const ENDED_MAX = 1000;

export class Parking {
  readonly #tail: Tail;
  readonly #addresses: Addresses;
  readonly #load: Load;
  readonly #counts: ParkedCounts;
  readonly #presence: Presence;
  readonly #byClient = new Map<string, Guest>();
  readonly #bySession = new Map<string, Set<Guest>>();
  /** Those that ended last. A request may be between finding its session and being listed when that ends. */
  readonly #ended = new Set<string>();

  /** At one of its bounds nobody is parked but answered at once (`full`), as while `load` says so. */
  constructor(
    tail: Tail,
    addresses: Addresses,
    bounds: ParkedBounds,
    load: Load,
    presence: Presence,
    elsewhere: ParkedElsewhere | null = null,
  ) {
    this.#tail = tail;
    this.#addresses = addresses;
    this.#load = load;
    this.#counts = new ParkedCounts(addresses, bounds, elsewhere);
    this.#presence = presence;
  }

  /** One answer: with rows, or empty when the wait is over. */
  park(req: IncomingMessage, parked: Parked): void {
    const guest: Guest = {
      leave: () => {
        seat.leave();
        end();
      },
      release: () => seat.release(),
    };
    const listed = this.enlist(req, parked, guest);
    if (listed === "gone") return;
    if (listed === "full") {
      parked.wake(EMPTY, "full");
      return;
    }
    const end = once(() => this.unlist(connectionOf(req), guest, listed));
    const seat = this.#tail.enter(
      {
        rooms: parked.rooms,
        after: parked.after,
        limit: parked.limit,
        wake: (batch, why) => {
          end();
          parked.wake(batch, why);
        },
        fail: (error) => {
          end();
          parked.fail(error);
        },
      },
      parked.waitMs,
    );
  }

  /**
   * A request has come: whoever waits on its connection would hold its answer up, and is answered now. Behind a parked
   * request node also stops reading, of a body or of more requests, and then does not see the connection go (measured).
   */
  makeWay(req: IncomingMessage): void {
    const connection: Connection & Seated = connectionOf(req);
    if (arrive(req)) connection[GUEST]?.release("client");
  }

  /**
   * Lists somebody who stays, until it is unlisted or the socket is gone. An older reader of the same
   * client or on the same connection is released first. `full`: too many are parked already; `gone`: the socket went
   * before, and its close event will not come again.
   */
  enlist(req: IncomingMessage, stay: Stay, guest: Guest): Listed | "full" | "gone" {
    const { session } = stay;
    const connection: Connection & Seated = connectionOf(req);
    const client = stay.client && `${session ?? this.#addresses.of(req)} ${stay.client}`;
    if (client) this.#byClient.get(client)?.release("client");
    connection[GUEST]?.release("client");
    const ofSession = session === null ? 0 : (this.#bySession.get(session)?.size ?? 0);
    const name = this.#counts.nameOf(req);
    if (this.#counts.isFull(name, ofSession) || !this.#load.parks) return "full";
    if (connection.destroyed) return "gone";
    seat(connection, guest);
    const address = this.#counts.enter(name);
    if (client) this.#byClient.set(client, guest);
    if (session !== null) this.#guestsOf(session).add(guest);
    // In a turn of its own: whoever is being listed cannot be answered yet.
    if (session !== null && this.#ended.has(session)) setImmediate(() => guest.release("session"));
    if (isFollowed(req)) setImmediate(() => guest.release("client"));
    const place = this.#presence.enter(req, guest, stay.user);
    return client || session !== null || place ? { client, session, address, place } : BY_SOCKET;
  }

  /** Once, with what `enlist` gave. */
  unlist(connection: Connection & Seated, guest: Guest, { client, session, address, place }: Listed): void {
    this.#counts.leave(address);
    place?.leave();
    if (connection[GUEST] === guest) connection[GUEST] = null;
    if (client && this.#byClient.get(client) === guest) this.#byClient.delete(client);
    if (session === null) return;
    const guests = this.#bySession.get(session);
    guests?.delete(guest);
    if (guests?.size === 0) this.#bySession.delete(session);
  }

  /** Answers the parked readers of a session that has ended: they come back as who they are now. */
  releaseSession(session: string): void {
    this.#ended.add(session);
    for (const oldest of this.#ended) if (this.#ended.size > ENDED_MAX) this.#ended.delete(oldest);
    this.recallSession(session);
  }

  /** The same for one that goes on. */
  recallSession(session: string): void {
    for (const guest of [...(this.#bySession.get(session) ?? [])]) guest.release("session");
  }

  #guestsOf(session: string): Set<Guest> {
    const known = this.#bySession.get(session);
    if (known) return known;
    const guests = new Set<Guest>();
    this.#bySession.set(session, guests);
    return guests;
  }
}

/**
 * One close listener per socket, not per response: when a socket with 50 pipelined polls is cut, Node 20 closes one
 * response and leaves 49 waiters behind (measured).
 */
function seat(connection: Connection & Seated, guest: Guest): void {
  if (connection[GUEST] === undefined) connection.once("close", leave);
  connection[GUEST] = guest;
}

function leave(this: Seated): void {
  this[GUEST]?.leave();
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
