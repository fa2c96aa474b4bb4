/** One PostgreSQL cluster for all test files of a run, started by the first that asks, and a fresh database for each test. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startCluster, stopCluster } from "./postgres.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where the files of one run tell each other of the cluster. */
    readonly sharedFolder: string;
  }
}

/** Vitest's global set-up: nothing is started yet. */
export function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "parkbench-shared-"));
  project.provide("sharedFolder", folder);
  return async () => {
    if (existsSync(told(folder))) await stopCluster(JSON.parse(readFileSync(told(folder), "utf8")).folder);
    rmSync(folder, { recursive: true, force: true });
  };
}

/** The address of an empty database. The schema comes with the first store that opens it. */
export async function freshDatabase(): Promise<string> {
  const { inject } = await import("vitest");
  const port = await sharedPort(inject("sharedFolder"));
  const name = `chat_${randomBytes(6).toString("hex")}`;
  const client = new pg.Client({ host: "127.0.0.1", port, user: "chat", database: "postgres" });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return `postgres://chat@127.0.0.1:${port}/${name}`;
}

async function sharedPort(folder: string): Promise<number> {
  if (isFirst(folder)) {
    // Many servers of many files at once, each with up to 14.
    const { port, folder: data } = await startCluster({ max_connections: "400" });
    writeFileSync(`${told(folder)}.new`, JSON.stringify({ port, folder: data }));
    renameSync(`${told(folder)}.new`, told(folder));
    return port;
  }
  while (!existsSync(told(folder))) await wait(20);
  return JSON.parse(readFileSync(told(folder), "utf8")).port;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, "starting"));
    return true;
  } catch {
    return false;
  }
}

function told(folder: string): string {
  return join(folder, "cluster.json");
}
