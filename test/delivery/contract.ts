/** What every transport promises about delivery, as a suite. */
import { describe, it } from "vitest";
import { AT_THE_END, BY_THE_CLOCK } from "./at-the-end.js";
import type { Transport } from "./reader.js";
import { type Promised, SEED } from "./reading.js";
import type { Scene } from "./scene.js";
import { NO_ECHO, SEVERAL_ROOMS } from "./what-is-asked.js";
import { WHILE_OPEN } from "./while-open.js";

export function promisesOf({ leavesOut, roomsMax }: Transport): Readonly<Record<string, Promised>> {
  return {
    ...WHILE_OPEN,
    ...(leavesOut ? NO_ECHO : {}),
    ...(roomsMax > 1 ? SEVERAL_ROOMS : {}),
    ...AT_THE_END,
    ...BY_THE_CLOCK,
  };
}

export function deliveryContract(
  transport: Transport,
  sceneOf: () => Scene,
  { except = {} }: { readonly except?: Readonly<Record<string, Promised>> } = {},
): void {
  describe(`${transport.name} (SEED=${SEED})`, () => {
    for (const [promise, check] of Object.entries(promisesOf(transport)))
      if (!(promise in except)) it(promise, () => check(sceneOf(), transport));
  });
}
