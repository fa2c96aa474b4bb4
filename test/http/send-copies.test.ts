/** What another process has stored in this moment, under the same nonce, is counted there and not here. */
import { expect, it } from "vitest";
import { boundsOf, LIMITS } from "../../src/core/limits.js";
import type { Appended } from "../../src/core/log.js";
import { Addresses } from "../../src/http/address.js";
import { MemoryRates } from "../../src/http/rates.js";
import { SendLimits } from "../../src/http/send-limits.js";

const room = { name: "lobby", title: "Lobby", closed: false, createdBy: null, slowS: 60 };
const sender = { asker: { user: null, session: "s1" }, folded: "ana", address: "203.0.113.1" };

it.each(["repeated", "conflict", "appended"] as const)("an append that was %s", async (outcome) => {
  const limits = boundsOf({ ...LIMITS, sendsPerSessionMax: 1 });
  const sends = new SendLimits(new MemoryRates(), limits, new Addresses(1));
  const send = () => sends.within(room, sender, async () => ({ outcome }) as Appended);
  await send();
  if (outcome === "appended") await expect(send()).rejects.toMatchObject({ code: "too_many_sends" });
  else await expect(send()).resolves.toEqual({ outcome });
});
