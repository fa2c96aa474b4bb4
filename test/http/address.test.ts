/** How an address is counted that a trusted proxy has named, in whatever form: no form may be a way round limits and bans. */
import { expect, it } from "vitest";
import { Addresses, countedForm } from "../../src/http/address.js";
import { from } from "../support/from.js";
import { call, codeOf } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";

const app = standalone({ limits: { sendsPerAddressMax: 2 }, trustProxy: 1 });

it.each([
  ["203.0.113.1:51234", "203.0.113.1"],
  ["[2001:db8::1]:51234", "2001:db8::/64"],
  ["[2001:db8::1]", "2001:db8::/64"],
  ["2001:db8::1", "2001:db8::/64"],
  ["[::ffff:203.0.113.1]:80", "203.0.113.1"],
])("%s is counted as %s", (named, counted) => {
  expect([countedForm(named), new Addresses(1).counted(named)]).toEqual([counted, counted]);
});

it.each(["unknown", "_hidden", "203.0.113.1:", "203.0.113.1:x", "203.0.113.256:80", "[203.0.113.1"])(
  "%s is no address: all who are named so are counted together, where a proxy is trusted",
  (named) => {
    expect(countedForm(named)).toBeNull();
    expect(new Addresses(1).counted(named)).toBe(new Addresses(1).counted("another"));
    expect(new Addresses(0).counted(named)).toBeNull();
  },
);

it("whoever comes from another port each time is the same address, to limits and to bans", async () => {
  const send = (port: number, address = "203.0.113.9") =>
    call(`${app().url}/send`, { form: { name: "Cy", text: "hi" }, headers: from(`${address}:${port}`) });
  const codes = [codeOf(await send(1001)), codeOf(await send(1002)), codeOf(await send(1003))];
  expect(codes).toEqual([undefined, undefined, "too_many_sends"]);
  const subject = { kind: "address", value: "203.0.113.10" } as const;
  await app().chat.store.moderation.restrict("ban", subject, { untilMs: null, reason: "" }, "owner");
  // What was read of bans is believed for a moment while nobody waits.
  await expect.poll(async () => codeOf(await send(1001, "203.0.113.10"))).toBe("banned");
});
