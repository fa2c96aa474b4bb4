/** Puts a chat in this process under a level of load, whatever its event loop does. */
import { vi } from "vitest";
import type { LoadLevel } from "../../src/core/load.js";
import type { Store } from "../../src/core/store.js";
import type { OpenChat } from "../../src/open-chat.js";

/** `vi.restoreAllMocks` ends it. */
export function overload({ load }: OpenChat, level: LoadLevel): void {
  vi.spyOn(load, "level", "get").mockReturnValue(level);
}

/** Makes every way to the database fail that a reader or a send could take. As above. */
export function refuseReads({ log, rooms, users, sessions }: Store): void {
  const refuse = () => Promise.reject(new Error("the database was asked"));
  for (const name of ["since", "before", "newest", "recall", "append"] as const)
    vi.spyOn(log, name).mockImplementation(refuse);
  vi.spyOn(rooms, "find").mockImplementation(refuse);
  vi.spyOn(users, "touch").mockImplementation(refuse);
  vi.spyOn(sessions, "read").mockImplementation(refuse);
}
