/** Whoever comes is there until it leaves, once, and takes nobody else's place with it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Crowd, type CrowdPlace } from "../../src/core/crowd.js";

const membersOf = (crowd: Crowd<number>) => crowd.places().map(({ member }) => member);

describe("a crowd", () => {
  it("has those who came and have not left, whoever leaves when", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20)), { maxLength: 100 }), (events) => {
        const crowd = new Crowd<number>();
        const there = new Map<number, CrowdPlace<number>>();
        for (const [n, leaver] of events.entries()) {
          const gone = leaver === null ? undefined : [...there.keys()][leaver];
          if (gone === undefined) there.set(n, crowd.enter(n));
          else expect(there.get(gone)?.leave()).toBe(true);
          if (gone !== undefined) there.delete(gone);
          expect(membersOf(crowd).toSorted()).toEqual([...there.keys()].toSorted());
        }
      }),
    );
  });

  it("lets a place be left once: a second time moves nobody", () => {
    const crowd = new Crowd<number>();
    const places = [1, 2, 3].map((member) => crowd.enter(member));
    expect(places.map((place) => [place.leave(), place.leave()])).toEqual(Array(3).fill([true, false]));
    expect(membersOf(crowd)).toEqual([]);
    crowd.enter(4);
    for (const place of places) place.leave();
    expect(membersOf(crowd)).toEqual([4]);
  });

  it("takes the same member twice, as two", () => {
    const crowd = new Crowd<number>();
    const [first] = [crowd.enter(1), crowd.enter(1)];
    first?.leave();
    expect(membersOf(crowd)).toEqual([1]);
  });

  it("says when the last one has left, each time, and not before", () => {
    let times = 0;
    const crowd = new Crowd<number>(() => times++);
    const [one, two] = [crowd.enter(1), crowd.enter(2)];
    one.leave();
    expect(times).toBe(0);
    two.leave();
    two.leave();
    expect(times).toBe(1);
    crowd.enter(3).leave();
    expect(times).toBe(2);
  });

  it("shows who was there at that moment, whatever they do while they are gone through", () => {
    const crowd = new Crowd<number>();
    for (const member of [1, 2, 3]) crowd.enter(member);
    const places = crowd.places();
    for (const place of places) {
      place.leave();
      crowd.enter(place.member + 10);
    }
    expect(places.map(({ member }) => member)).toEqual([1, 2, 3]);
    expect(membersOf(crowd).toSorted()).toEqual([11, 12, 13]);
  });
});
