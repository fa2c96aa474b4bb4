/** A send that cannot be stored is refused with what to do, and with nothing of the program's insides. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { call, codeOf } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";

const app = standalone();

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a send", () => {
  it("into a closed room: 403, and the room can be read still", async () => {
    app().db.prepare("INSERT INTO rooms (name, title, closed) VALUES ('attic', 'Attic', 1)").run();
    const refused = await call(`${app().url}/send`, { form: { name: "Ana", text: "hi", room: "attic" } });
    expect([refused.status, codeOf(refused)]).toEqual([403, "room_closed"]);
    expect((await call(`${app().url}/poll?room=attic`)).status).toBe(200);
  });

  it.each([
    ["storage_full", "5"],
    ["storage_busy", "1"],
    ["storage_lost", "5"],
    ["storage_failed", "5"],
    ["closed", "2"],
  ] as const)("that meets %s: 503 with Retry-After, and no path of ours", async (code, retryAfter) => {
    const error = new ParkbenchError(code, "disk /srv/secret/place is full");
    vi.spyOn(app().chat.store.log, "append").mockRejectedValue(error);
    const refused = await call(`${app().url}/send`, { form: { name: "Ana", text: "hi" } });
    expect([refused.status, refused.headers["retry-after"], codeOf(refused)]).toEqual([
      503,
      retryAfter,
      code,
    ]);
    expect(refused.text).not.toContain("/srv");
  });

  it("that fails in a way nobody thought of: 500, without a word of why", async () => {
    vi.spyOn(app().chat.store.log, "append").mockRejectedValue(new Error("SQLITE_ODD at row 7"));
    const refused = await call(`${app().url}/send`, { form: { name: "Ana", text: "hi" } });
    expect([refused.status, codeOf(refused)]).toEqual([500, "internal"]);
    expect(refused.text).not.toMatch(/SQLITE|row 7|at \//);
  });
});
