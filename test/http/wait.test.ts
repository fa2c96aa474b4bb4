/** GET /rooms/:room/wait: a page that is live without any script, as its refresh points at a parked request. */
import { Agent } from "node:http";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { refreshIn } from "../support/addresses.js";
import { fakeTimers } from "../support/fake-timers.js";
import { makeRoom, say } from "../support/guest.js";
import { linkIn, messagesIn } from "../support/html.js";
import { type Answer, call } from "../support/http-client.js";
import { type Standalone, standalone, startStandalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, park, send } from "../support/waiting.js";

const app = standalone();
const bench = () => benchOf(app());
const get = (path: string) => call(app().url + path);

beforeAll(async () => {
  await makeRoom(app().url, "Maker", "yard", "The yard");
  await say(app().url, "Ana", "long ago");
});

afterEach(async () => {
  app().server.closeAllConnections();
  await nobodyWaits(bench());
});

/** Where the page goes next; it must go somewhere. */
function nextOf({ status, text }: Pick<Answer, "status" | "text">): string {
  expect(status, text).toBe(200);
  const refresh = refreshIn(text);
  expect(refresh?.s).toBe(1);
  return refresh?.address ?? "";
}

describe("the waiting page", () => {
  it("is reached from the room's page, and parks: it holds nothing back that came in between", async () => {
    const path = linkIn((await get("/rooms/lobby")).text, "Wait for new messages") ?? "";
    const parked = await park(bench(), path);
    await say(app().url, "Bo", "while it waited");
    const woken = await parked.answer;
    expect(messagesIn(woken.text)[0]).toBe("while it waited");
    await say(app().url, "Bo", "between two requests");
    const next = await get(nextOf(woken));
    expect(messagesIn(next.text).slice(0, 2)).toEqual(["between two requests", "while it waited"]);
    await park(bench(), nextOf(next));
  });

  it("is not answered by a message in another room", async () => {
    const parked = await park(bench(), nextOf(await get("/rooms/yard/wait")));
    const lobby = await park(bench(), nextOf(await get("/rooms/lobby/wait")));
    await say(app().url, "Bo", "in the lobby");
    await lobby.answer;
    expect([parked.isAnswered(), bench().parked()]).toEqual([false, 1]);
    await say(app().url, "Bo", "in the yard", "yard");
    expect(messagesIn((await parked.answer).text)).toEqual(["in the yard"]);
  });

  it("says where the rest is when more came than it shows, and says nothing when all are shown", async () => {
    const path = nextOf(await get("/rooms/yard/wait"));
    for (let n = 1; n <= 30; n++) await say(app().url, "Bo", `n${n}`, "yard");
    expect((await get(path)).text).not.toContain("the ones before these");
    await say(app().url, "Bo", "n31", "yard");
    const { text } = await get(`${path}x`);
    expect(messagesIn(text).at(-1)).toBe("n2");
    const rest = await get(linkIn(text, "the ones before these") ?? "");
    expect(messagesIn(rest.text)[0]).toBe("n1");
  });

  it("marks what is new, and says how much", async () => {
    const first = await get("/rooms/lobby/wait");
    expect(first.text).toContain("Nothing new yet");
    expect(first.text).not.toContain("message fresh");
    const parked = await park(bench(), nextOf(first));
    await say(app().url, "Bo", "news");
    const { text } = await parked.answer;
    expect(text).toContain("1 new message.");
    expect(text.match(/class="message fresh"/g)).toHaveLength(1);
    expect(text.indexOf("news")).toBeLessThan(text.indexOf("long ago"));
  });

  it("goes to an address never used before, of the same client, whether or not anything came", async () => {
    const addresses = new Set<string>();
    const clients = new Set<string | null>();
    let next = "/rooms/lobby/wait?client=tab-1";
    for (let i = 0; i < 5; i++) {
      next = nextOf(await get(next));
      addresses.add(next);
      const query = new URL(next, app().url).searchParams;
      clients.add(query.get("client"));
      expect(query.get("since")).toMatch(/^\d+-[A-Za-z0-9]{4,8}$/);
      next = next.replace(/since=[^&]*&/, "");
    }
    expect([addresses.size, [...clients]]).toEqual([5, ["tab-1"]]);
  });

  it("of the same client releases the older one with a page; another client's stays", async () => {
    const path = (client: string) => `/rooms/lobby/wait?since=now&client=${client}`;
    const [older, other] = [await park(bench(), path("tab-1")), await park(bench(), path("tab-2"))];
    send(bench(), path("tab-1"));
    expect(nextOf(await older.answer)).toContain("client=tab-1");
    await until(() => bench().parked() === 2, "the newer one parked");
    expect(other.isAnswered()).toBe(false);
  });

  it.each(["0-zzzz", "END-zzzz", "999999", "9007199254740991"])(
    "with the cursor %s, which means nothing here, shows the newest at once and goes on from there",
    async (since) => {
      const end = String(await app().chat.store.log.newest());
      const answer = await get(`/rooms/lobby/wait?since=${since.replace("END", end)}`);
      expect(messagesIn(answer.text)).toContain("long ago");
      await park(bench(), nextOf(answer));
    },
  );

  it.each(["since=x", "since=-1", "since=1&since=2", "client=", "client=a%20b"])(
    "refuses %s with a page",
    async (query) => {
      const { status, headers } = await get(`/rooms/lobby/wait?${query}`);
      expect([status, headers["content-type"]]).toEqual([400, "text/html; charset=utf-8"]);
    },
  );

  it("frees its place when the reader goes, and a HEAD takes none", async () => {
    const parked = await park(bench(), "/rooms/lobby/wait?since=now");
    parked.leave();
    await nobodyWaits(bench());
    expect((await call(`${app().url}/rooms/lobby/wait?since=now`, { method: "HEAD" })).status).toBe(200);
  });
});

describe("when nothing comes", () => {
  fakeTimers();

  it("is answered in time with a page that goes on from the same place", async () => {
    const path = nextOf(await get("/rooms/lobby/wait"));
    const parked = await park(bench(), path);
    vi.advanceTimersByTime(19_900);
    expect((await call(`${app().url}/healthz`)).status).toBe(200);
    expect(parked.isAnswered()).toBe(false);
    vi.advanceTimersByTime(5_200);
    const answer = await parked.answer;
    expect(answer.text).toContain("Nothing new yet");
    const sinceOf = (address: string) => new URL(address, app().url).searchParams.get("since");
    expect(sinceOf(nextOf(answer))).toBe(sinceOf(path));
  });
});

it("a stop answers the waiting page, and closes its connection", async () => {
  const own: Standalone = await startStandalone();
  const agent = new Agent({ keepAlive: true });
  try {
    // A client that would keep its connection: any other is told "close" whatever the server means.
    const parked = await park(benchOf(own), "/rooms/lobby/wait?since=now", { agent });
    own.chat.tail.close();
    const answer = await parked.answer;
    expect([answer.status, answer.headers.connection]).toEqual([200, "close"]);
    // Later than usual: a browser that finds nobody shows its own error, and does not come again.
    expect(refreshIn(answer.text)?.s).toBe(10);
  } finally {
    agent.destroy();
    await own.close();
  }
});
