/** A connection to PostgreSQL that ends in the moment in which it is handed out costs a statement at most, not the process. */
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openStore } from "../../src/store/open.js";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";

/** "Ready for a query", as the server says it after a log-in. */
const READY = Buffer.from("5a0000000549", "hex");
const FIELDS = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";
const END = Buffer.concat([Buffer.from("E"), lengthOf(FIELDS), Buffer.from(FIELDS)]);

let proxy: Server | null = null;
afterEach(() => proxy?.close());

describe.skipIf(tools.postgres === null)(
  "a connection that is ended with the same packet that hands it out",
  () => {
    test("ends no process: a read is asked again, and a sign-in is refused", async () => {
      const there = new URL(await freshDatabase());
      let ends = 0;
      proxy = createServer((client) => {
        const server = connect({ port: Number(there.port), host: there.hostname });
        client.pipe(server);
        client.on("error", () => {});
        server.on("error", () => client.destroy());
        server.on("data", (part) => {
          if (ends === 0 || !part.subarray(-READY.length).equals(READY)) return void client.write(part);
          ends -= 1;
          client.end(Buffer.concat([part, END]));
        });
        server.on("end", () => client.end());
      });
      await new Promise<void>((done) => proxy?.listen(0, "127.0.0.1", done));
      const { port } = proxy.address() as AddressInfo;
      const url = Object.assign(new URL(there), { port: String(port) }).href;
      const { log, users } = await openStore({ url });
      await log.append({ room: "lobby", author: { id: null, name: "Ana" }, text: "hi", nonce: null });

      // Each needs a connection of its own, and there is one.
      ends = 2;
      const names = ["Bo", "Cy", "Di"].map((shown) => ({ shown, folded: shown.toLowerCase() }));
      const signIns = await Promise.allSettled(names.map((name) => users.create(name)));
      expect(ends).toBe(0);
      for (const signIn of signIns)
        if (signIn.status === "rejected") expect(signIn.reason).toMatchObject({ code: "storage_failed" });
      expect(signIns.map(({ status }) => status)).toContain("fulfilled");

      ends = 1;
      const reads = await Promise.all(names.map(() => log.since("all", 0, 10)));
      expect(ends).toBe(0);
      expect(reads.map(({ messages }) => messages.length)).toEqual([1, 1, 1]);
      await log.close();
    });
  },
);

/** As the protocol counts: itself and what follows. */
function lengthOf(text: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(text.length + 4);
  return bytes;
}
