/** What this process writes to a session is believed at once, whether it could be stored or not. */
import { beforeEach, describe, expect, it } from "vitest";
import { TimedCache } from "../../src/core/timed-cache.js";
import { clearing } from "../../src/identity/session-cache.js";
import type { Membership } from "../../src/identity/session-identity.js";
import { turn } from "../support/turn.js";

const FOLLOWING = {};

describe("the sessions that this process writes to", () => {
  const kept = new TimedCache<Membership>(() => FOLLOWING);
  const membership = { user: { id: 7, name: "Ana" }, key: "k", epoch: "e" };
  const record = { data: "{}", expiresAt: 0 };
  let isStored = false;

  /** Each works, or each fails; either way what was believed must not be any more, and not before. */
  const sessionsThat = (fails: boolean) => {
    const written = async () => {
      await turn();
      expect(kept.get("cookie")).toBe(membership);
      isStored = true;
      if (fails) throw new Error("disk full");
    };
    return clearing(
      {
        read: async () => null,
        write: written,
        touch: async () => {},
        destroy: written,
        prune: async () => 0,
      },
      kept,
    );
  };

  beforeEach(() => {
    isStored = false;
    kept.keep("cookie", membership);
  });

  it.each(["works", "fails"])("are forgotten by a write or an end that %s", async (how) => {
    const written = sessionsThat(how === "fails");
    for (const job of [() => written.write("id", record), () => written.destroy("id")]) {
      kept.keep("cookie", membership);
      isStored = false;
      const [{ status }] = await Promise.allSettled([job()]);
      expect([status, isStored]).toEqual([how === "works" ? "fulfilled" : "rejected", true]);
      expect(kept.get("cookie")).toBeNull();
    }
  });

  it("stay believed when one is read, used or removed for its age", async () => {
    const { read, touch, prune } = sessionsThat(false);
    await Promise.all([read("id"), touch("id", 1), prune(10)]);
    expect(kept.get("cookie")).toBe(membership);
  });
});
