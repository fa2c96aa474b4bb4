/** Who stays is found by a ban, also when that came before they were listed. */
import type { IncomingMessage } from "node:http";
import { describe, expect, it, vi } from "vitest";
import type { Restriction, Subject } from "../../src/core/moderation.js";
import { turn } from "../../src/core/turn.js";
import { Addresses } from "../../src/http/address.js";
import { RestrictedList } from "../../src/http/moderation-list.js";
import { Presence } from "../../src/http/moderation-presence.js";

const ANA = { id: 7, name: "Ana" };
const from = (remoteAddress: string) =>
  ({ socket: { remoteAddress }, headers: {} }) as unknown as IncomingMessage;
const guest = () => ({ leave: vi.fn(), release: vi.fn() });

function scene() {
  const addresses = new Addresses([]);
  const list = new RestrictedList(addresses);
  return { list, presence: new Presence(list, addresses) };
}

function ban(kind: Subject["kind"], value: string): Restriction {
  return { kind: "ban", subject: { kind, value }, untilMs: null, reason: "", by: "owner", at: 0 };
}

const BANS = [ban("user", "7"), ban("name", "ana"), ban("address", "10.0.0.1")];

describe.each(BANS)("a ban of the $subject.kind", (restriction) => {
  const { kind } = restriction.subject;
  const meant = kind === "address" ? null : ANA;

  it("that came before somebody was listed lets go of them in a turn of its own, and of nobody else", async () => {
    const { list, presence } = scene();
    list.replace([restriction]);
    const [bad, good] = [guest(), guest()];
    presence.enter(from("10.0.0.1"), bad, meant);
    presence.enter(from("10.0.0.2"), good, { id: 8, name: "Anna" });
    expect(bad.release).not.toHaveBeenCalled();
    await turn();
    expect([bad.release.mock.calls, good.release.mock.calls]).toEqual([[["session"]], []]);
  });

  it("that comes later lets go of who is still there", () => {
    const { list, presence } = scene();
    const [bad, good, gone] = [guest(), guest(), guest()];
    presence.enter(from("::ffff:10.0.0.1"), bad, meant);
    presence.enter(from("10.0.0.2"), good, null);
    presence.enter(from("10.0.0.1"), gone, meant)?.leave();
    list.replace([restriction]);
    presence.releaseBanned();
    expect([bad, good, gone].map(({ release }) => release.mock.calls.length)).toEqual([1, 0, 0]);
  });
});

describe("a mute", () => {
  it("lets go of nobody", async () => {
    const { list, presence } = scene();
    const ana = guest();
    list.replace([{ ...ban("user", "7"), kind: "mute" }]);
    presence.enter(from("10.0.0.1"), ana, ANA);
    presence.releaseBanned();
    await turn();
    expect(ana.release).not.toHaveBeenCalled();
  });
});
