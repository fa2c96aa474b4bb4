/** GET /rooms/:room/live: a page that grows by what is said, and leads on to its own continuation. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { fakeTimers } from "../support/fake-timers.js";
import { makeRoom, say } from "../support/guest.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { passTime } from "../support/pass-time.js";
import { openStream } from "../support/sse-reader.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits } from "../support/waiting.js";

const app = standalone();
const url = () => app().url;

interface Item {
  readonly id: number;
  readonly isFresh: boolean;
}

function itemsIn(html: string): Item[] {
  return [...html.matchAll(/<li class="message([^"]*)" id="m(\d+)"/g)].map(([, classes, id]) => ({
    id: Number(id),
    isFresh: /\bfresh\b/.test(classes ?? ""),
  }));
}

const freshIn = (html: string) => itemsIn(html).flatMap(({ id, isFresh }) => (isFresh ? [id] : []));

/** Where the end of the page leads, by its refresh and by its link. */
function wayOn(html: string): { refresh: string; link: string } {
  const end = html.slice(html.lastIndexOf("</ul>"));
  const refresh = /http-equiv="refresh" content="1; ?url=([^"]+)"/.exec(end)?.[1] ?? "";
  const link = /<a href="([^"]+)"/.exec(end)?.[1] ?? "";
  return { refresh: refresh.replaceAll("&amp;", "&"), link: link.replaceAll("&amp;", "&") };
}

async function open(path: string, headers: Record<string, string> = {}) {
  const before = app().chat.tail.parked;
  const page = await openStream(url() + path, headers);
  await page.has('id="messages"');
  await until(() => app().chat.tail.parked > before, "parked");
  return page;
}

beforeAll(() => makeRoom(url(), "Maker", "yard", "The yard"));

describe("a live page", () => {
  it("begins at once, a kilobyte before its first message, and shows earlier rows, which are not fresh", async () => {
    const ids: number[] = [];
    for (let i = 0; i < 33; i++) ids.push(await say(url(), "Ana", `earlier ${i}`));
    const page = await open("/rooms/lobby/live");
    expect(page.status).toBe(200);
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    expect(page.headers["content-security-policy"]).toBeDefined();
    expect(page.text().indexOf('<li class="message')).toBeGreaterThan(1024);
    expect(itemsIn(page.text())).toEqual(ids.slice(-30).map((id) => ({ id, isFresh: false })));
    page.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("shows what follows since as fresh, ascending, escaped, and only of its room", async () => {
    const before = await say(url(), "Ana", "before since");
    const first = await say(url(), "Ana", "after since");
    const page = await open(`/rooms/lobby/live?since=${before}`);
    await page.has("after since");
    await say(url(), "Ana", "of the yard", "yard");
    const second = await say(url(), "Ana", "<script>alert(1)</script><!--cut-->");
    await page.has("&lt;script&gt;");
    expect(freshIn(page.text())).toEqual([first, second]);
    expect(itemsIn(page.text()).find(({ id }) => id === before)).toEqual({ id: before, isFresh: false });
    expect(page.text()).not.toMatch(/of the yard|<script>alert|<!--cut-->/);
    page.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("of an unknown room is a page with 404, and HEAD gets the head only", async () => {
    const unknown = await call(`${url()}/rooms/nowhere/live`);
    expect([unknown.status, unknown.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
    const head = await call(`${url()}/rooms/lobby/live`, { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect((await call(`${url()}/rooms/lobby/live?since=x`)).status).toBe(400);
  });

  it("ends when its session ends, and leads on from where it was; another's goes on", async () => {
    const ana = await signIn(url(), "Ana L");
    const anas = await open("/rooms/lobby/live", { cookie: ana.cookie });
    const other = await open("/rooms/lobby/live");
    await call(`${url()}/session/end`, { form: { token: ana.token }, headers: { cookie: ana.cookie } });
    expect(wayOn(await anas.ended).link).toMatch(/^\/rooms\/lobby\/live\?since=\d+-/);
    expect(other.isOver()).toBe(false);
    other.leave();
    await nobodyWaits(benchOf(app()));
  });

  it("with the same client releases the older, which leads on a minute later; another client's goes on", async () => {
    const older = await open("/rooms/lobby/live?client=tab-1");
    const other = await open("/rooms/lobby/live?client=tab-2");
    const newer = await openStream(`${url()}/rooms/lobby/live?client=tab-1`);
    expect(await older.ended).toMatch(/http-equiv="refresh" content="60; ?url=[^"]*client=tab-1/);
    expect([newer.isOver(), other.isOver()]).toEqual([false, false]);
    for (const page of [newer, other]) page.leave();
    await nobodyWaits(benchOf(app()));
  });
});

describe("in time", () => {
  fakeTimers();

  it("whoever follows its refresh loses nothing and sees nothing twice", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const said: number[] = [];
    const seen: number[] = [];
    let path = `/rooms/lobby/live?since=now`;
    for (let round = 0; round < 3; round++) {
      const page = await open(path);
      for (let i = 0; i < 2; i++) said.push(await say(url(), "Ana", `round ${round}, ${i}`));
      await until(() => freshIn(page.text()).length >= (round === 0 ? 2 : 3), "the rows");
      await until(() => app().chat.tail.parked === 1, "parked");
      for (let i = 0; i < 4; i++) {
        await passTime(15_000);
        if (i < 3) await until(() => app().chat.tail.parked === 1, "parked again");
      }
      const html = await page.ended;
      seen.push(...freshIn(html));
      const { refresh, link } = wayOn(html);
      expect([refresh, html.trimEnd().endsWith("</html>")]).toEqual([link, true]);
      path = refresh;
      said.push(await say(url(), "Ana", `between ${round}`));
    }
    expect(seen).toEqual(said.slice(0, -1));
    vi.restoreAllMocks();
  });

  it("a sign of life comes after 15 s of silence", async () => {
    const page = await open("/rooms/lobby/live?since=now");
    const before = page.text().length;
    await passTime(14_800);
    expect(page.text().length).toBe(before);
    await passTime(300);
    await until(() => page.text().length === before + 1, "one byte");
    page.leave();
    await nobodyWaits(benchOf(app()));
  });
});
