/** "Session ID unknown" is what others answer to a request that reaches another process. Here none is owed anything by one. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Reader, type Transport } from "../delivery/reader.js";
import { firstFault } from "../delivery/reading.js";
import { TRANSPORTS } from "../delivery/transports.js";
import { refreshIn } from "../support/addresses.js";
import { formsIn } from "../support/cookieless.js";
import { messagesIn } from "../support/html.js";
import { call, idOf, pollBody } from "../support/http-client.js";
import { endOf } from "../support/parked.js";
import { tools } from "../support/tools.js";
import { knownAnywhere, type Site } from "./known-anywhere.js";
import { asNewerVersion, logIn, startMachines } from "./machine.js";
import { Visitor } from "./visitor.js";

const ROWS = 40;

describe.skipIf(!tools.postgres)('no request gets "Session ID unknown"', () => {
  let site: Site;
  let turns = 0;
  /** Never the one of the last request. */
  const next = () => site.machines[turns++ % 3]?.url ?? "";

  beforeAll(async () => {
    site = await startMachines(null);
  }, 60_000);
  afterAll(async () => {
    for (const machine of site?.machines ?? []) await machine.kill();
  });

  it("each request and connection of each transport goes to another process than the one before it", async () => {
    const from = await endOf(next());
    const readers = TRANSPORTS.map((transport) => {
      const asked = new Set<string>();
      const refused: string[] = [];
      const reader = new Reader(() => elsewhere(transport, asked, refused));
      reader.open({ url: "", rooms: ["lobby"] }, from);
      return { name: transport.name, reader, asked, refused };
    });
    for (let n = 0; n < ROWS; n++) {
      const form = { name: "Ana", text: `row ${n}`, nonce: `row-${n}` };
      const sent = await call(`${next()}/send`, { form });
      // As if the answer had been lost on its way.
      const again = await call(`${next()}/send`, { form });
      expect([sent.status, again.status, idOf(again)]).toEqual([201, 200, idOf(sent)]);
      if (n % 3 === 0) for (const { reader } of readers) reader.cut();
      await pause(5);
    }
    const log = await logIn(site.database, Number.parseInt(from, 10));
    expect(log).toHaveLength(ROWS);
    const last = log.at(-1)?.id;
    for (const { name, reader } of readers)
      await expect.poll(() => reader.rows.at(-1)?.id, { timeout: 15_000, message: name }).toBe(last);
    for (const { name, reader, asked, refused } of readers) {
      await reader.close();
      expect([name, firstFault(reader.rows, log), reader.resets]).toEqual([name, null, 0]);
      expect([name, asked.size, refused]).toEqual([name, 3, []]);
    }
  });

  /** The next machine for each leg. */
  function elsewhere(transport: Transport, asked: Set<string>, refused: string[]): Transport {
    return {
      ...transport,
      leg: async (journal, place, line) => {
        const url = next();
        asked.add(url);
        try {
          return await transport.leg(journal, { ...place, url }, line);
        } catch (error) {
          // What was cut by this test is none.
          if (/\b[45]\d\d\b/.test(String(error))) refused.push(String(error));
          throw error;
        }
      },
    };
  }

  it.each([true, false])(
    "a form that one has made is taken by another, and the page after it shown by a third (cookies: %s)",
    async (keepsCookies) => {
      const name = keepsCookies ? "Formy" : "Sealy";
      const visitor = new Visitor(next, keepsCookies);
      await visitor.open("/");
      await visitor.press("Start", { name });
      expect(visitor.page.text).toContain(`You are <b dir="auto">${name}</b>`);
      if (keepsCookies) await visitor.open("/rooms/lobby");
      else await visitor.press("Lobby");
      expect(formsIn(visitor.page.text).some(({ fields }) => fields.sealed)).toBe(!keepsCookies);
      await visitor.press("Send", { text: `a form of ${name}` });
      expect(messagesIn(visitor.page.text)[0]).toBe(`a form of ${name}`);
      expect(new Set(visitor.statuses)).toEqual(new Set(keepsCookies ? [200, 303] : [200]));
      expect((await logIn(site.database)).at(-1)?.text).toBe(`a form of ${name}`);
    },
  );

  it("a waiting page leads from process to process", async () => {
    const headers = { accept: "text/html" };
    let page = await call(`${next()}/rooms/lobby/wait`, { headers });
    for (let n = 0; n < 4; n++) {
      const sent = await call(`${next()}/send`, { form: { name: "Ana", text: `page ${n}` } });
      expect(sent.status).toBe(201);
      page = await call(next() + refreshIn(page.text)?.address, { headers });
      expect([page.status, messagesIn(page.text)[0]]).toEqual([200, `page ${n}`]);
    }
  });

  knownAnywhere(() => site, next);

  // The last: it leaves one of them away.
  it("servers of before go on while a newer version has changed the tables; only a start of one is refused", async () => {
    await asNewerVersion(site.database);
    const from = await endOf(next());
    for (const { url } of site.machines) {
      const sent = await call(`${url}/send`, { form: { name: "Ana", text: `by the older ${url}` } });
      expect(sent.status).toBe(201);
    }
    const log = await logIn(site.database, Number.parseInt(from, 10));
    expect(log).toHaveLength(3);
    for (const { url } of site.machines) {
      const { messages } = pollBody(await call(`${url}/poll?since=${from}&wait=0`));
      expect(messages.map(({ id }) => id)).toEqual(log.map(({ id }) => id));
    }
    const [first] = site.machines;
    await first.kill();
    await expect(first.start()).rejects.toThrow("was written by a newer Parkbench");
  });
});
