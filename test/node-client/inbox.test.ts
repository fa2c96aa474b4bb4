/** Between reading and loop: nothing is lost, and nobody reads far ahead of a loop that is slow. */
import { describe, expect, it } from "vitest";
import { Inbox } from "../../src/node-client/inbox.js";
import type { Entry } from "../../src/node-client/position.js";
import { turn } from "../support/turn.js";

function entries(from: number, count: number): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const id = from + index;
    const message = {
      id,
      room: "lobby",
      kind: "message",
      from: { id: null, name: "Ana" },
      text: "",
      at: "",
      nonce: null,
    };
    return { message, cursor: `${id}-k7Qd` };
  });
}

async function take(inbox: Inbox, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    const { value } = await inbox.next();
    if (value) ids.push(value.id);
  }
  return ids;
}

describe("the inbox", () => {
  it("takes more only when the loop has had most of it", async () => {
    const inbox = new Inbox(null);
    let mayGoOn = false;
    const putting = inbox.put(entries(1, 500), "500-k7Qd").then(() => {
      mayGoOn = true;
    });
    await turn();
    expect(mayGoOn).toBe(false);
    await take(inbox, 250);
    await turn();
    expect(mayGoOn).toBe(false);
    expect(await take(inbox, 1)).toEqual([251]);
    await putting;
  });

  it("takes more at once while there is room", async () => {
    const inbox = new Inbox(null);
    await inbox.put(entries(1, 499), "499-k7Qd");
    expect(inbox.cursor).toBe(null);
    expect(await take(inbox, 499)).toHaveLength(499);
    expect(inbox.cursor).toBe("499-k7Qd");
  });

  it("gives the rows in order to as many as ask at once", async () => {
    const inbox = new Inbox(null);
    const asked = [inbox.next(), inbox.next(), inbox.next()];
    await inbox.put(entries(1, 2), "2-k7Qd");
    await inbox.put(entries(3, 1), "3-k7Qd");
    expect((await Promise.all(asked)).map(({ value }) => value?.id)).toEqual([1, 2, 3]);
  });

  it("gives what it has before it throws, and nothing once the program itself has ended it", async () => {
    const refused = new Inbox(null);
    await refused.put(entries(1, 1), "1-k7Qd");
    refused.end(new Error("no such room"), { now: false });
    expect(await take(refused, 1)).toEqual([1]);
    await expect(refused.next()).rejects.toThrow("no such room");

    const closed = new Inbox("0-k7Qd");
    await closed.put(entries(1, 1), "1-k7Qd");
    closed.end(null, { now: true });
    expect(await closed.next()).toEqual({ done: true, value: undefined });
    expect(closed.cursor).toBe("0-k7Qd");
  });

  it("lets the reading go when it ends", async () => {
    const inbox = new Inbox(null);
    const putting = inbox.put(entries(1, 900), "900-k7Qd");
    inbox.end(null, { now: true });
    await putting;
    await inbox.put(entries(901, 900), "1800-k7Qd");
  });
});
