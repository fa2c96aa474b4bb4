/** Many are answered a slice per turn, in order, and nothing runs when there is nobody to answer. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { WakeQueue } from "../../src/core/wake-queue.js";
import { turn } from "../support/turn.js";

let woken: number[];
let queue: WakeQueue<number>;

beforeEach(() => {
  woken = [];
  queue = new WakeQueue(2, (member) => woken.push(member));
});

function push(...members: number[]): void {
  for (const member of members) queue.push(member);
}

describe("a queue of those to be woken", () => {
  it("wakes a first slice at once and one more per turn, in order", async () => {
    push(1, 2, 3, 4, 5);
    queue.start();
    expect(woken).toEqual([1, 2]);
    await turn();
    expect(woken).toEqual([1, 2, 3, 4]);
    await turn();
    expect(woken).toEqual([1, 2, 3, 4, 5]);
  });

  it("goes no faster when more come while it is at work", async () => {
    push(1, 2, 3, 4);
    queue.start();
    push(5, 6);
    queue.start();
    expect(woken).toEqual([1, 2]);
    await turn();
    expect(woken).toEqual([1, 2, 3, 4]);
    await turn();
    expect(woken).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("takes in whoever is pushed by an answer", async () => {
    queue = new WakeQueue(2, (member) => {
      woken.push(member);
      if (member < 5) queue.push(member + 1);
    });
    push(1);
    queue.start();
    await vi.waitFor(() => expect(woken).toEqual([1, 2, 3, 4, 5]));
  });

  it("starts anew after it was empty, and leaves nothing to run before that", async () => {
    const scheduled = vi.spyOn(globalThis, "setImmediate");
    try {
      queue.start();
      push(1, 2);
      queue.start();
      expect(scheduled).not.toHaveBeenCalled();
      push(3, 4, 5);
      queue.start();
      expect(woken).toEqual([1, 2, 3, 4]);
      expect(scheduled).toHaveBeenCalledTimes(1);
    } finally {
      scheduled.mockRestore();
    }
    await turn();
    expect(woken).toEqual([1, 2, 3, 4, 5]);
  });
});
