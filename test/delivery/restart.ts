/** The promise over a stop of the chat and a start on the same database. */
import { expect } from "vitest";
import { startHosted } from "./hosted.js";
import { Reader, type Transport } from "./reader.js";
import { firstFault } from "./reading.js";

/** A reader is told of the stop, and goes on where it was. `database`: a path, or an address of PostgreSQL. */
export async function goesOn(transport: Transport, database: string): Promise<void> {
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
}
