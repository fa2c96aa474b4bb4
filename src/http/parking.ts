/** Parks requests at the tail, and lets them go when their socket, their session or the server goes. */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Batch } from "../core/log.js";
import type { Place, Wake } from "../core/reader.js";
import type { Tail } from "../core/tail.js";
import type { Addresses } from "./address.js";

export interface Parked {
  readonly rooms: readonly string[];
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  /** The client's own key: a newer poll of the same session, else address, with it releases the older. Null: no such rule. */
  readonly client: string | null;
  /** The asking session, whose end releases the reader. */
  readonly session: string | null;
  wake(batch: Batch, why: Wake | "full"): void;
  fail(error: unknown): void;
}

export class Parking {
  readonly #tail: Tail;
  readonly #addresses: Addresses;
  readonly #parkedMax: number;
  readonly #bySocket = new WeakMap<Socket, Set<Place>>();
  readonly #byClient = new Map<string, Place>();
  readonly #bySession = new Map<string, Set<Place>>();

  /** `parkedMax`: above it nobody is parked but answered at once (`full`); 0 for no limit. */
  constructor(tail: Tail, addresses: Addresses, parkedMax: number) {
    this.#tail = tail;
    this.#addresses = addresses;
    this.#parkedMax = parkedMax;
  }

  park(req: IncomingMessage, parked: Parked): void {
    const client = parked.client && `${parked.session ?? this.#addresses.of(req)} ${parked.client}`;
    if (client) this.#byClient.get(client)?.release();
    if (this.#parkedMax > 0 && this.#tail.parked >= this.#parkedMax) {
      parked.wake({ messages: [], more: false }, "full");
      return;
    }
    const { socket } = req;
    // The socket may have gone while the session was read: its close event will not come again.
    if (socket.destroyed) return;
    let place: Place | null = null;
    let answered = false;
    const unlist = () => {
      answered = true;
      if (place) this.#unlist(socket, client, parked.session, place);
    };
    const seat = this.#tail.enter(
      {
        rooms: parked.rooms,
        after: parked.after,
        limit: parked.limit,
        wake: (batch, why) => {
          unlist();
          parked.wake(batch, why);
        },
        fail: (error) => {
          unlist();
          parked.fail(error);
        },
      },
      parked.waitMs,
    );
    // Answered on entering, as the tail is closing: there is nothing to keep track of.
    if (answered) return;
    place = {
      release: seat.release,
      leave: () => {
        seat.leave();
        unlist();
      },
    };
    this.#list(socket, client, parked.session, place);
  }

  /** Answers the parked readers of a session that has ended: they come back as who they are now. */
  releaseSession(session: string): void {
    for (const place of [...(this.#bySession.get(session) ?? [])]) place.release();
  }

  #list(socket: Socket, client: string | null, session: string | null, place: Place): void {
    this.#placesOf(socket).add(place);
    if (client !== null) this.#byClient.set(client, place);
    if (session === null) return;
    const places = this.#bySession.get(session);
    if (places) places.add(place);
    else this.#bySession.set(session, new Set([place]));
  }

  #unlist(socket: Socket, client: string | null, session: string | null, place: Place): void {
    this.#bySocket.get(socket)?.delete(place);
    if (client !== null && this.#byClient.get(client) === place) this.#byClient.delete(client);
    if (session === null) return;
    const places = this.#bySession.get(session);
    places?.delete(place);
    if (places?.size === 0) this.#bySession.delete(session);
  }

  /**
   * One close listener per socket, not per response: when a socket with 50 pipelined polls is cut, Node 20 closes one
   * response and leaves 49 waiters behind (measured).
   */
  #placesOf(socket: Socket): Set<Place> {
    const known = this.#bySocket.get(socket);
    if (known) return known;
    const places = new Set<Place>();
    this.#bySocket.set(socket, places);
    socket.once("close", () => {
      for (const place of [...places]) place.leave();
    });
    return places;
  }
}
