/** Three machines behind a shipped balancer, killed and rolled under readers and writers of every kind. */
import { describe, it } from "vitest";
import { firstFault } from "../delivery/reading.js";
import { BALANCERS } from "../support/balancers.js";
import { freePort } from "../support/free-port.js";
import { call } from "../support/http-client.js";
import { endOf } from "../support/parked.js";
import { startProxy } from "../support/proxy.js";
import { tools } from "../support/tools.js";
import { logIn, startMachines } from "./machine.js";
import { startReaders } from "./readers.js";
import { startSenders } from "./senders.js";
import { Tally } from "./tally.js";

/** Long enough for haproxy to notice; nginx keeps no idle connection for so long under traffic. */
const DRAIN_SECONDS = "2";
/** Messages that must come through before the next thing happens. */
const SOME = 25;

describe.skipIf(!tools.nginx || !tools.haproxy || !tools.postgres)("three machines behind", () => {
  it.concurrent.for(BALANCERS)(
    "$name: killed and rolled, nobody gets a 4xx, nothing is lost, nothing comes twice",
    { timeout: 240_000 },
    async (balancer, { expect, onTestFinished }) => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const { machines, database } = await startMachines(url, { DRAIN_SECONDS });
      onTestFinished(async () => {
        for (const machine of machines) await machine.kill();
      });
      const proxy = await startProxy(balancer.over(machines.map((machine) => machine.port)), port, 0);
      onTestFinished(() => proxy.stop());

      const tally = new Tally();
      const cursor = await endOf(url);
      const readers = startReaders(url, cursor, tally);
      const senders = await startSenders(url, tally);
      const more = async (count = SOME) => {
        const due = senders.said.length + count;
        await expect.poll(() => senders.said.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(due);
      };
      await more();

      tally.phase = "killed";
      const [first] = machines;
      await first.kill();
      await more();
      await first.start();
      await more();

      tally.phase = "rolled";
      for (const machine of machines) {
        await machine.roll();
        await more();
      }

      tally.phase = "the end";
      await senders.stop();
      const seen = tally.lines();
      const log = await logIn(database);
      const last = log.at(-1)?.id;
      for (const { name, rows } of readers)
        await expect.poll(() => rows.at(-1)?.id, { timeout: 20_000, message: name }).toBe(last);
      await Promise.all(readers.map((reader) => reader.close()));
      console.log(
        `${balancer.name}: ${senders.said.length} sends, ${readers.length} readers of ${log.length} rows\n` +
          seen.join("\n"),
      );

      expect(tally.faults).toEqual([]);
      expect(tally.lines("calm")).toEqual([]);
      // Each is there, once, as it was acknowledged; and nothing else is.
      expect(log.map(({ text }) => text).toSorted()).toEqual(senders.said.map(({ text }) => text).toSorted());
      const byNonce = new Map(log.map((row) => [row.nonce, row]));
      for (const { nonce, text, id } of senders.said) {
        const row = byNonce.get(nonce);
        expect(row?.text).toBe(text);
        if (id !== null) expect(row?.id).toBe(id);
      }
      for (const { name, rows, resets } of readers)
        expect([name, firstFault(rows, log), resets()]).toEqual([name, null, 0]);
      // A machine that is rolled is not missed by anybody. But for a send that reached its queue of new connections in the
      // very moment in which it closed that: nobody can tell whether it was taken, and it is sent again.
      const rolled = tally.lines("rolled");
      expect(rolled.filter((line) => !/^1 x rolled: 502 for a send/.test(line))).toEqual([]);
      expect(rolled.length).toBeLessThanOrEqual(1);

      // With nobody there, a browser shows what to do.
      for (const machine of machines) await machine.kill();
      const { status, text } = await call(`${url}/send`, { form: { page: "1", name: "Dot", text: "away" } });
      expect([status >= 502, text]).toEqual([true, expect.stringMatching(/Reload this page.* appears once/)]);
    },
  );
});
