/** Sessions whose reads are held until a gate is opened. */
import { type Mock, vi } from "vitest";
import type { Sessions } from "../../src/core/session.js";
import { Gate } from "./gate.js";

export interface SlowSessions {
  readonly gate: Gate;
  readonly asked: Mock<Sessions["read"]>;
}

/** Until `asked.mockRestore()`, or all mocks are restored. */
export function slowSessions(sessions: Sessions): SlowSessions {
  const read = sessions.read.bind(sessions);
  const gate = new Gate();
  const asked = vi.spyOn(sessions, "read").mockImplementation(async (id) => {
    await gate.pass();
    return read(id);
  });
  return { gate, asked };
}
