/** The delivery contract over every transport of a chat that keeps its log in PostgreSQL. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { freshDatabase } from "../support/shared-postgres.js";
import { tools } from "../support/tools.js";
import { BY_THE_CLOCK } from "./at-the-end.js";
import { deliveryContract } from "./contract.js";
import { type Hosted, startHosted } from "./hosted.js";
import { goesOn } from "./restart.js";
import { Scene } from "./scene.js";
import { TRANSPORTS } from "./transports.js";
import { events, poll } from "./wire-transports.js";

describe.skipIf(tools.postgres === null)("with a PostgreSQL server", () => {
  let hosted: Hosted | null = null;

  beforeAll(async () => {
    hosted = await startHosted(await freshDatabase());
    await Scene.furnish(hosted.running);
  });

  afterAll(async () => {
    await hosted?.close();
  });

  // The driver's own time-outs would come with the clock. When a transport ends by itself is nothing that a log knows of.
  for (const transport of TRANSPORTS)
    deliveryContract(transport, () => hosted?.scene as Scene, { except: BY_THE_CLOCK });

  it.each([poll, events])("$name: is told of a stop, and goes on where it was", async (transport) =>
    goesOn(transport, await freshDatabase()),
  );
});
