/** The delivery contract over every transport of the standalone program. */
import { beforeAll } from "vitest";
import { standalone } from "../support/standalone.js";
import { besideFile } from "./beside.js";
import { deliveryContract } from "./contract.js";
import { Scene } from "./scene.js";
import { TRANSPORTS } from "./transports.js";

const app = standalone();
let scene: Scene | null = null;

beforeAll(async () => {
  const { url, db, chat } = app();
  const running = { url, beside: besideFile(db), chat, parked: () => chat.tail.parked };
  await Scene.furnish(running);
  scene = new Scene(running);
});

for (const transport of TRANSPORTS) deliveryContract(transport, () => scene as Scene);
