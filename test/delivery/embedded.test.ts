/** The delivery contract over every transport of a chat in a host application, and over a restart of it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { makeFolder } from "../support/server.js";
import { deliveryContract } from "./contract.js";
import { type Hosted, startHosted } from "./hosted.js";
import { goesOn } from "./restart.js";
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
  it.each(TRANSPORTS)("$name: is told of the stop, and goes on where it was", (transport) =>
    goesOn(transport, join(folder, `${transport.name.replace(/ /g, "-")}.db`)),
  );
});
