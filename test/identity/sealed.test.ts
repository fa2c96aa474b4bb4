/** Sealed sessions: which values open them, under which secrets, and what is kept of them at rest. */
import { describe, expect, it } from "vitest";
import type { SessionRecord, Sessions } from "../../src/core/session.js";
import { SealedSessions } from "../../src/identity/sealed.js";

const ANA = { user: { id: 7, name: "Ana" }, key: "the session's key", epoch: "abc" };
const HOURS_MS = 3600_000;

class MemorySessions implements Sessions {
  readonly rows = new Map<string, SessionRecord>();
  read = (id: string) => Promise.resolve(this.rows.get(id) ?? null);
  write = async (id: string, record: SessionRecord) => void this.rows.set(id, record);
  touch = () => Promise.resolve();
  destroy = async (id: string) => void this.rows.delete(id);
  prune = () => Promise.resolve(0);
}

describe("a sealed session", () => {
  it("is found by its value, while a changed one, or one without its row, is nobody's", async () => {
    const rows = new MemorySessions();
    const sealed = new SealedSessions(rows, ["a secret"], "abc");
    const value = await sealed.start(ANA, null);
    expect(await sealed.find(value)).toEqual(ANA);
    for (let at = 0; at < value.length; at++) {
      // The last of 43 characters says four bits only, so that a neighbour may mean the same bytes; it is refused as well.
      const other = value[at] === "B" ? "C" : "B";
      const changed = value.slice(0, at) + other + value.slice(at + 1);
      expect(await sealed.find(changed), changed).toBeNull();
    }
    await sealed.end(value);
    expect(await sealed.find(value)).toBeNull();
  });

  it("is opened by every secret and sealed by the first; by another secret, and in another database, not at all", async () => {
    const rows = new MemorySessions();
    const value = await new SealedSessions(rows, ["before"], "abc").start(ANA, null);
    expect(await new SealedSessions(rows, ["now", "before"], "abc").find(value)).toEqual(ANA);
    expect(await new SealedSessions(rows, ["now"], "abc").find(value)).toBeNull();
    expect(await new SealedSessions(rows, ["before"], "other").find(value)).toBeNull();
    const newer = await new SealedSessions(rows, ["now", "before"], "abc").start(ANA, null);
    expect(await new SealedSessions(rows, ["before"], "abc").find(newer)).toBeNull();
  });

  it("lives 12 hours, under a name that no cookie's session has, as data that none can be", async () => {
    const rows = new MemorySessions();
    const before = Date.now();
    await new SealedSessions(rows, ["a secret"], "abc").start(ANA, null);
    const [[id = "", record] = []] = rows.rows;
    expect(id).toMatch(/^sealed:/);
    expect(record?.expiresAt).toBeGreaterThanOrEqual(before + 12 * HOURS_MS);
    expect(record?.expiresAt).toBeLessThanOrEqual(Date.now() + 12 * HOURS_MS);
    expect(JSON.parse(record?.data ?? "{}")).toEqual({ parkbench: ANA });
  });

  it("is given again to the form that made it, and to no other; what is at rest does not hold its id", async () => {
    const rows = new MemorySessions();
    const sealed = new SealedSessions(rows, ["a secret"], "abc");
    const value = await sealed.start(ANA, "a form");
    expect(await sealed.recall("a form")).toEqual({ membership: ANA, value });
    expect(await sealed.recall("another form")).toBeNull();
    const [, id = "none"] = value.split(".");
    expect(JSON.stringify([...rows.rows.values()])).not.toContain(id);
    // Nor is it known without the secret.
    expect(await new SealedSessions(rows, ["another secret"], "abc").recall("a form")).toBeNull();
    await sealed.end(value);
    expect(await sealed.recall("a form")).toBeNull();
  });

  it("made twice by one form is two sessions, and the form gives the newer", async () => {
    const sealed = new SealedSessions(new MemorySessions(), ["a secret"], "abc");
    const [first, second] = [await sealed.start(ANA, "a form"), await sealed.start(ANA, "a form")];
    expect(second).not.toBe(first);
    expect((await sealed.recall("a form"))?.value).toBe(second);
  });
});
