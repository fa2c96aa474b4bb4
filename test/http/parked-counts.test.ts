/** Nothing is held of an address from which nobody stays any more. */
import type { IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { Addresses } from "../../src/http/address.js";
import { ParkedCounts } from "../../src/http/parked-counts.js";

const bounds = { parkedMax: Number.POSITIVE_INFINITY, parkedPerAddressMax: 2, parkedPerSessionMax: 2 };
const requestFrom = (remoteAddress: string, reads?: () => void) =>
  ({
    socket: {
      get remoteAddress() {
        reads?.();
        return remoteAddress;
      },
    },
  }) as unknown as IncomingMessage;

it("an address is there from its first reader to its last, and full in between", () => {
  const counts = new ParkedCounts(new Addresses(0), bounds);
  const name = counts.nameOf(requestFrom("203.0.113.1"));
  expect(name).toBe("203.0.113.1");
  const first = counts.enter(name);
  expect([counts.addresses, counts.isFull(name, 0)]).toEqual([1, false]);
  const second = counts.enter(name);
  expect([counts.addresses, counts.isFull(name, 0)]).toEqual([1, true]);
  expect([counts.isFull("203.0.113.2", 0), counts.isFull(null, 0), counts.isFull(null, 2)]).toEqual([
    false,
    false,
    true,
  ]);
  counts.leave(first);
  expect([counts.addresses, counts.isFull(name, 0)]).toEqual([1, false]);
  counts.leave(second);
  expect(counts.addresses).toBe(0);
  counts.leave(counts.enter(name));
  expect(counts.addresses).toBe(0);
});

it("a connection is asked for its address once, and a loopback peer or an unlimited chat costs nothing more", () => {
  const asked: string[] = [];
  const counts = new ParkedCounts(new Addresses(0), bounds);
  for (const address of ["2001:db8::1", "127.0.0.1", "::ffff:127.0.0.1"]) {
    const req = requestFrom(address, () => void asked.push(address));
    for (let i = 0; i < 5; i++)
      expect(counts.nameOf(req)).toBe(address.startsWith("2001") ? "2001:db8::/64" : null);
  }
  expect(asked).toEqual(["2001:db8::1", "127.0.0.1", "::ffff:127.0.0.1"]);
  const unlimited = new ParkedCounts(new Addresses(0), {
    ...bounds,
    parkedPerAddressMax: Number.POSITIVE_INFINITY,
  });
  expect(unlimited.nameOf(requestFrom("2001:db8::1", () => void asked.push("again")))).toBeNull();
  expect(asked).toHaveLength(3);
});
