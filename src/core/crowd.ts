/** Who is somewhere now. Whoever comes gets a place, by which it leaves without being looked for. */

/** An array, not a Set: with tens of thousands who come and go at each message, hashing them costs more than waking them. */
export class Crowd<T> {
  readonly #places: CrowdPlace<T>[] = [];
  readonly #onEmpty: () => void;

  /** `onEmpty` is called when the last one has left. */
  constructor(onEmpty: () => void = () => {}) {
    this.#onEmpty = onEmpty;
  }

  enter(member: T): CrowdPlace<T> {
    const place = new CrowdPlace(this, member, this.#places.length);
    this.#places.push(place);
    return place;
  }

  /** As it is at this moment, in no order. */
  places(): readonly CrowdPlace<T>[] {
    return [...this.#places];
  }

  /** For the place itself, which knows where it is. */
  close(at: number): void {
    const last = this.#places.pop();
    // The last one, unless it is who left, moves up into the gap.
    if (last && at < this.#places.length) {
      this.#places[at] = last;
      last.at = at;
    }
    if (this.#places.length === 0) this.#onEmpty();
  }
}

export class CrowdPlace<T> {
  readonly member: T;
  readonly #crowd: Crowd<T>;
  /** The crowd's own; -1 when it has left. */
  at: number;

  constructor(crowd: Crowd<T>, member: T, at: number) {
    this.#crowd = crowd;
    this.member = member;
    this.at = at;
  }

  /** False when it has left before. */
  leave(): boolean {
    const { at } = this;
    if (at === -1) return false;
    this.at = -1;
    this.#crowd.close(at);
    return true;
  }
}
