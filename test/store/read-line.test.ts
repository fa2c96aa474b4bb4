/** The line in front of the database: how many get in at once, who shares an answer, and who is sent away. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { turn } from "../../src/core/turn.js";
import { ReadLine } from "../../src/store/read-line.js";

afterEach(() => void vi.useRealTimers());

/** Reads that end when they are told to. */
function reads() {
  const line = new ReadLine();
  const begun: string[] = [];
  const ends = new Map<string, { resolve(): void; reject(error: Error): void }>();
  const read = (key: string, name = key) =>
    line.read(key, () => {
      begun.push(name);
      return new Promise<string>((done, fail) => {
        ends.set(name, { resolve: () => done(name), reject: fail });
      });
    });
  return { begun, read, end: (name: string) => ends.get(name) };
}

const SIX = ["a", "b", "c", "d", "e", "f"];

describe("a line of reads", () => {
  it("lets six in, and the next when one has come out, in the order in which they came", async () => {
    const { begun, read, end } = reads();
    const answers = [...SIX, "g", "h"].map((key) => read(key));
    expect(begun).toEqual(SIX);
    end("c")?.resolve();
    expect(await answers[2]).toBe("c");
    await turn();
    expect(begun).toEqual([...SIX, "g"]);
    end("g")?.resolve();
    expect(await answers[6]).toBe("g");
    await turn();
    expect(begun).toEqual([...SIX, "g", "h"]);
  });

  it("goes on behind a read that fails, and tells only its own reader", async () => {
    const { begun, read, end } = reads();
    const [first, ...others] = [...SIX, "g"].map((key) => read(key));
    end("a")?.reject(new Error("no"));
    await expect(first).rejects.toThrow("no");
    await turn();
    expect(begun.at(-1)).toBe("g");
    end("g")?.resolve();
    expect(await others.at(-1)).toBe("g");
  });

  it("answers all who ask the same in the line by one read", async () => {
    const { begun, read, end } = reads();
    const inside = SIX.map((key) => read(key));
    const same = [read("g"), read("g", "another g"), read("h")];
    end("a")?.resolve();
    await inside[0];
    await turn();
    end("g")?.resolve();
    expect(await Promise.all(same.slice(0, 2))).toEqual(["g", "g"]);
    await turn();
    expect(begun).toEqual([...SIX, "g", "h"]);
  });

  it("but not by one that has begun: what was appended since might not be in it", async () => {
    const { begun, read, end } = reads();
    for (const key of [...SIX, "g"]) void read(key);
    const again = [read("a", "a again")];
    end("a")?.resolve();
    await turn();
    again.push(read("g", "g again"));
    end("b")?.resolve();
    end("c")?.resolve();
    await turn();
    expect(begun).toEqual([...SIX, "g", "a again", "g again"]);
    for (const name of ["a again", "g again"]) end(name)?.resolve();
    expect(await Promise.all(again)).toEqual(["a again", "g again"]);
  });

  it("sends away who has stood in it for five seconds, and lets in who has not", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { begun, read, end } = reads();
    for (const key of SIX) void read(key);
    const old = read("old");
    vi.advanceTimersByTime(4999);
    const young = read("young");
    vi.advanceTimersByTime(1);
    end("a")?.resolve();
    await expect(old).rejects.toMatchObject({ code: "storage_busy" });
    expect(begun).toEqual([...SIX, "young"]);
    end("young")?.resolve();
    expect(await young).toBe("young");
  });
});
