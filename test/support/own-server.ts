/** `test` with a folder and server processes of its own, which end with it however it ends. */
import { rmSync } from "node:fs";
import { Agent } from "node:http";
import { test as plainTest } from "vitest";
import { makeFolder, type ServerOptions, type ServerProcess, startServer } from "./server.js";

export type Start = (options?: ServerOptions) => Promise<ServerProcess>;

export interface Own {
  readonly folder: string;
  /** Starts a server over the folder; as often as it is called, one after another or side by side. */
  readonly start: Start;
  /** Keeps its connections. */
  readonly agent: Agent;
}

export const test = plainTest.extend<Own>({
  // biome-ignore lint/correctness/noEmptyPattern: from this pattern vitest reads what a fixture needs
  folder: async ({}, use) => {
    const folder = makeFolder();
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  start: async ({ folder }, use) => {
    const starts: Promise<ServerProcess>[] = [];
    await use((options) => {
      const starting = startServer({ folder, ...options });
      starts.push(starting);
      return starting;
    });
    // Also those that a failed test did not wait for.
    const servers = await Promise.allSettled(starts);
    await Promise.all(servers.map((start) => start.status === "fulfilled" && start.value.stop("SIGKILL")));
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  agent: async ({}, use) => {
    const agent = new Agent({ keepAlive: true });
    await use(agent);
    agent.destroy();
  },
});
