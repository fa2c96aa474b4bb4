/** A disk that begins to fail, or turns read-only, under the running server: refused, said, and over when it is over. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, vi } from "vitest";
import { makeDatabase, say, textsIn } from "../support/copies.js";
import { failedStart } from "../support/failed-start.js";
import { call, codeOf, pollBody } from "../support/http-client.js";
import { test as ownTest } from "../support/own-server.js";
import { parkPolls } from "../support/parked.js";
import { tools } from "../support/tools.js";

// Several programs one after another, each of which takes a second to start where others run beside it.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = fileURLToPath(new URL("../support/disk-fault.c", import.meta.url));

interface Fault {
  readonly env: Readonly<Record<string, string>>;
  /** From now on calls of this kind fail on the files of the database. */
  begin(call: "read" | "write" | "flush", error: "EIO" | "EROFS"): void;
  end(): void;
}

const test = ownTest.extend<{ readonly fault: Fault }>({
  fault: async ({ folder }, use) => {
    const library = join(folder, "disk-fault.so");
    const file = join(folder, "fault");
    const flags = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2"];
    execFileSync(tools.cc ?? "cc", [...flags, "-o", library, SOURCE, "-ldl"]);
    await use({
      env: { LD_PRELOAD: library, FAULT_FILE: file, FAULT_BELOW: join(folder, "parkbench.db") },
      begin: (kind, error) => writeFileSync(file, `${kind} ${constants.errno[error]}`),
      end: () => rmSync(file),
    });
  },
});

describe.skipIf(!tools.cc)("a disk fault", () => {
  test.concurrent.for([
    ["write", "EIO"],
    ["write", "EROFS"],
    ["flush", "EIO"],
  ] as const)(
    "in a send (%s: %s): it is refused and nobody sees it, reading goes on, and it passes",
    async ([kind, error], { start, fault }) => {
      const server = await start({ env: { ...fault.env } });
      expect((await say(server, "before")).status).toBe(201);
      const [poll] = await parkPolls(server.url, 1);
      fault.begin(kind, error);
      for (let n = 0; n < 3; n++) {
        const refused = await say(server, `refused ${n}`);
        expect([refused.status, codeOf(refused)]).toEqual([503, "storage_failed"]);
        expect(refused.text).toContain(
          "Of a message it is not known whether it was stored; try again later.",
        );
        expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
      }
      expect((await call(`${server.url}/readyz`)).status).toBe(503);
      expect((await call(`${server.url}/healthz`)).status).toBe(200);
      const page = pollBody(await call(`${server.url}/poll?since=0`));
      expect(page.messages.map(({ text }) => text)).toEqual(["before"]);

      fault.end();
      expect((await say(server, "after")).status).toBe(201);
      expect(poll && pollBody(await poll.answer).messages.map(({ text }) => text)).toEqual(["after"]);
      // An answer is believed for a second.
      await expect
        .poll(async () => (await call(`${server.url}/readyz`)).status, { timeout: 10_000 })
        .toBe(200);
      expect(await server.stop("SIGKILL")).toBe("SIGKILL");
      expect(textsIn(server.database)).toEqual(["before", "after"]);
    },
  );

  test.concurrent.for(["read", "flush"] as const)(
    "in a start (%s): a clear text, and nothing is lost",
    async (kind, { folder, start, fault }) => {
      await makeDatabase(folder);
      fault.begin(kind, "EIO");
      const { code, stderr } = await failedStart({
        ...fault.env,
        DATABASE_URL: join(folder, "parkbench.db"),
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /^Parkbench cannot start:\n {2}The disk that holds the database \S+ fails \(SQLITE_IOERR\w*\)\. Look into/,
      );
      fault.end();
      const again = await start({ env: { ...fault.env } });
      expect(pollBody(await call(`${again.url}/poll?since=0`)).messages).toMatchObject([{ text: "kept" }]);
    },
  );
});

test("a -wal that was taken away while no server ran: readers of what was in it are told, and do not wait", async ({
  folder,
  start,
}) => {
  await makeDatabase(folder, ["kept"]);
  const server = await start();
  const { next } = JSON.parse((await say(server, "only in the -wal")).text) as { next: string };
  await server.stop("SIGKILL");
  rmSync(`${server.database}-wal`);
  const again = await start();
  const { reset, messages } = pollBody(await call(`${again.url}/poll?since=${next}&wait=45`));
  expect(reset).toEqual({ reason: "ahead" });
  expect(messages.map(({ text }) => text)).toEqual(["kept"]);
});
