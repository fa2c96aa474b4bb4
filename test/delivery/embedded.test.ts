/** The delivery contract over every transport of a chat in a host application, and over a restart of it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../support/server.js";
import { deliveryContract } from "./contract.js";
import { type Hosted, startHosted } from "./hosted.js";
import { Reader } from "./reader.js";
import { firstFault } from "./reading.js";
import { Scene } from "./scene.js";
import { TRANSPORTS } from "./transports.js";

const folder = makeFolder();
let hosted: Hosted | null = null;

beforeAll(async () => {
  hosted = await startHosted(join(folder, "host.db"));
  await Scene.furnish(hosted.running);
});

afterAll(async () => {
  await hosted?.close();
  rmSync(folder, { recursive: true, force: true });
});

for (const transport of TRANSPORTS) deliveryContract(transport, () => hosted?.scene as Scene);

describe("a stop and a start on the same file", () => {
  it.each(TRANSPORTS)("$name: is told of the stop, and goes on where it was", async (transport) => {
    const database = join(folder, `${transport.name.replace(/ /g, "-")}.db`);
    const reader = new Reader(() => transport);
    const place = { rooms: ["lobby"] };
    const first = await startHosted(database);
    const from = await first.scene.end();
    try {
      reader.open({ ...place, url: first.scene.url }, from);
      await first.scene.send();
      await first.scene.until(
        () => reader.rows.length === 1 && first.scene.parked() === 1,
        () => reader.describe(),
      );
      const before = reader.ends.length;
      await first.stop();
      await first.scene.until(
        () => reader.ends.length > before,
        () => `an end; ${reader.describe()}`,
      );
      expect(reader.ends[before], reader.describe()).toBe("goodbye");
      expect(first.scene.parked()).toBe(0);
    } finally {
      await reader.close();
      await first.close();
    }
    const second = await startHosted(database);
    try {
      await second.scene.insert(3);
      reader.open({ ...place, url: second.scene.url }, reader.cursor);
      await second.scene.until(
        () => second.scene.parked() === 1,
        () => `parked; ${reader.describe()}`,
      );
      const last = await second.scene.send();
      await second.scene.until(
        () => reader.rows.at(-1)?.id === last,
        () => `row ${last}; ${reader.describe()}`,
      );
      expect([firstFault(reader.rows, await second.scene.slice(from)), reader.resets]).toEqual([null, 0]);
    } finally {
      await reader.close();
      await second.close();
    }
  });
});
