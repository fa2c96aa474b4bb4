/** An endless page ends well, with its way on, when there is no room for it, storage fails or the server stops. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ParkbenchError } from "../../src/core/errors.js";
import { refreshIn } from "../support/addresses.js";
import { say } from "../support/guest.js";
import { problemIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { openStream, type StreamReader } from "../support/sse-reader.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone({ limits: { parkedMax: 1 } });

afterEach(async () => {
  vi.restoreAllMocks();
  await nobodyWaits(benchOf(app()));
});

async function parkedAt({ url, chat }: Standalone, query: string): Promise<StreamReader> {
  const page = await openStream(`${url}/rooms/lobby/live?${query}`);
  await page.has('id="messages"');
  await until(() => chat.tail.parked === 1, "parked");
  return page;
}

/** Where the last refresh of a whole page leads. */
function wayOn(html: string) {
  expect(html.trimEnd()).toMatch(/<\/html>$/);
  const end = html.slice(html.lastIndexOf("</ul>"));
  const way = refreshIn(end);
  expect(end).toContain(`<a href="${way?.address.replaceAll("&", "&amp;")}"`);
  return way;
}

describe("an endless page", () => {
  it("over the cap ends at once and leads on ten seconds later; who is there goes on", async () => {
    const there = await parkedAt(app(), "since=now");
    const { status, text } = await call(`${app().url}/rooms/lobby/live?since=now&client=late`);
    expect(status).toBe(200);
    expect(wayOn(text)).toEqual({ s: 10, address: expect.stringMatching(/live\?since=\d+-.*client=late/) });
    await say(app().url, "Ana", "for who is there");
    await there.has("for who is there");
    expect(there.isOver()).toBe(false);
    there.leave();
  });

  it("leads on from the last row it showed when storage fails between two batches, and shows no path of ours", async () => {
    const own = await startStandalone();
    const from = await say(own.url, "Ana", "before");
    const id = await say(own.url, "Ana", "the last that could be read");
    const { log } = own.chat.store;
    const since = log.since.bind(log);
    const failed = new ParkbenchError("storage_failed", "disk /srv/secret/place is gone");
    vi.spyOn(log, "since").mockImplementation((rooms, after, limit) =>
      after === from ? since(rooms, after, limit) : Promise.reject(failed),
    );
    const page = await openStream(`${own.url}/rooms/lobby/live?since=${from}&limit=1`);
    const html = await page.ended;
    expect(html).toContain("the last that could be read");
    expect(wayOn(html)).toEqual({ s: 10, address: expect.stringMatching(`live\\?since=${id}-`) });
    expect(html).not.toContain("/srv");
    await own.close();
  });

  it("that cannot be begun, as storage fails, is a page with 503", async () => {
    const failed = new ParkbenchError("storage_failed", "disk /srv/secret/place is gone");
    vi.spyOn(app().chat.store.log, "newest").mockRejectedValue(failed);
    const { status, headers, text } = await call(`${app().url}/rooms/lobby/live`);
    expect([status, headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
    expect(problemIn(text)).not.toBe("");
    expect(text).not.toContain("/srv");
  });

  it("at a stop leads on ten seconds later, from where it was; so does one that comes late", async () => {
    const own = await startStandalone();
    const id = await say(own.url, "Ana", "before the stop");
    const page = await parkedAt(own, `since=${id}`);
    own.chat.stop();
    expect(wayOn(await page.ended)).toEqual({ s: 10, address: expect.stringMatching(`live\\?since=${id}-`) });
    const late = await call(`${own.url}/rooms/lobby/live?since=${id}`);
    expect(wayOn(late.text)).toEqual({ s: 10, address: expect.stringMatching(`live\\?since=${id}-`) });
    await own.close();
  });
});
