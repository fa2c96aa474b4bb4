/** Each fault of the broken middleboxes does what it says, and without it nothing of the kind happens. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { call } from "../support/http-client.js";
import { type Faults, type Middlebox, startMiddlebox } from "../support/middlebox.js";
import { type Origin, startOrigin } from "../support/middlebox-origin.js";
import { hear } from "../support/middlebox-socket.js";
import { openRaw } from "../support/raw-socket.js";
import { until } from "../support/until.js";

let origin: Origin;
let box: Middlebox;

beforeEach(async () => {
  origin = await startOrigin();
  box = await startMiddlebox(origin.port);
});
afterEach(async () => {
  await box.close();
  origin.close();
});

const get = (path: string) => call(box.url + path);
const post = (text: string) => call(`${box.url}/send`, { form: { text } });
/** The status, or the error's code. */
const outcome = (path: string) => get(path).then(({ status }) => status, codeOf);
const codeOf = (error: unknown) => (error as { code?: unknown }).code;

function withFaults(faults: Faults): void {
  box.faults = faults;
}

describe("a middlebox without faults", () => {
  it("passes requests, bodies, origin.open and upgrades, and counts them", async () => {
    expect((await get("/a?b=1")).text).toBe("answer 1");
    expect((await post("hi")).text).toBe("answer 2");
    expect(origin.seen).toEqual(["GET /a?b=1", "POST /send text=hi"]);
    const raw = await openRaw(box.port);
    raw.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await raw.until(/first/);
    raw.end();
    await until(() => origin.open[0]?.closed === true, "the server has seen the client leave");
    const heard = hear(box.url, "ping");
    await until(() => heard.length === 3, "the echo");
    expect(heard).toEqual(["open", "hello", "echo ping"]);
    expect(box.counts).toMatchObject({ requests: 4, upgrades: 1, forwarded: 4, struck: {} });
  });

  it("is switched while it runs", async () => {
    expect(await outcome("/")).toBe(200);
    withFaults({ htmlStatus: 502 });
    expect(await outcome("/")).toBe(502);
    withFaults({});
    expect(await outcome("/")).toBe(200);
  });
});

describe("a middlebox that", () => {
  it("drops Upgrade: the server sees a plain GET, and the client its answer", async () => {
    withFaults({ upgrade: "plain" });
    const heard = hear(box.url);
    await until(() => heard.includes("426"), "the answer to a plain GET");
    expect(origin.seen).toEqual(["GET /ws"]);
  });

  it("answers 101 and is silent: the connection opens, and nothing comes", async () => {
    withFaults({ upgrade: "silent" });
    const heard = hear(box.url, "ping");
    await until(() => heard.includes("open"), "open");
    // The sound connection beside it has had everything by then.
    withFaults({});
    const sound = hear(box.url, "ping");
    await until(() => sound.length === 3, "the echo");
    expect([heard, box.counts.forwarded]).toEqual([["open"], 1]);
  });

  it("holds an answer: nothing arrives before its end, then all", async () => {
    withFaults({ holds: true });
    const raw = await openRaw(box.port);
    raw.write("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => origin.open.length === 1, "the request");
    expect((await get("/other")).status).toBe(200);
    expect(raw.received()).toBe("");
    origin.open[0]?.end("last\n");
    await raw.until(/first\nlast/);
    raw.end();
  });

  it("cuts: a parked request gets a reset or a page, a quick one its answer, a tunnel its end", async () => {
    withFaults({ cutMs: 80 });
    expect(await outcome("/quick")).toBe(200);
    expect(await outcome("/never")).toBe("ECONNRESET");
    const heard = hear(box.url);
    await until(() => heard.includes("closed"), "the tunnel's end");
    expect(heard).toEqual(["open", "hello", "closed"]);
    withFaults({ cutMs: 80, cutStatus: 504 });
    expect(await outcome("/never")).toBe(504);
    await until(() => origin.open.every(({ closed }) => closed), "the server has seen it");
  });

  it.each([502, 503, 504])("answers with an HTML page of %i forwards nothing", async (htmlStatus) => {
    withFaults({ htmlStatus });
    const { status, headers, text } = await get("/");
    expect([status, headers["content-type"]]).toEqual([htmlStatus, "text/html"]);
    expect(text).toContain("<html>");
    const heard = hear(box.url);
    await until(() => heard.includes(String(htmlStatus)), "the same for an upgrade");
    expect(origin.seen).toEqual([]);
  });

  it("replays a GET, not a POST", async () => {
    withFaults({ replaysGets: true });
    expect((await get("/a")).status).toBe(200);
    await until(() => origin.seen.length === 2, "the copy");
    await post("hi");
    expect(origin.seen).toEqual(["GET /a", "GET /a", "POST /send text=hi"]);
  });

  it("sends a POST twice, not a GET", async () => {
    withFaults({ doublesPosts: true });
    expect((await post("hi")).status).toBe(200);
    await until(() => origin.seen.length === 2, "the copy");
    await get("/a");
    expect(origin.seen).toEqual(["POST /send text=hi", "POST /send text=hi", "GET /a"]);
  });

  it("delays: a later request that is not delayed comes first", async () => {
    withFaults({ delayMs: 150 });
    const late = get("/late");
    await until(() => box.counts.requests === 1, "the request");
    withFaults({});
    await get("/early");
    await late;
    expect(origin.seen).toEqual(["GET /early", "GET /late"]);
  });

  it("reorders two POSTs, and lets a single one through", async () => {
    withFaults({ swapsPosts: true });
    const first = post("1");
    await until(() => box.counts.requests === 1, "the first");
    await Promise.all([first, post("2")]);
    expect(origin.seen).toEqual(["POST /send text=2", "POST /send text=1"]);
    expect((await post("3")).status).toBe(200);
  });

  it("is late with a POST: its connection is reset, and it comes after the next", async () => {
    withFaults({ latePosts: true });
    expect(await post("1").catch(codeOf)).toBe("ECONNRESET");
    withFaults({});
    expect((await post("2")).status).toBe(200);
    await until(() => origin.seen.length === 2, "the late one");
    expect(origin.seen).toEqual(["POST /send text=2", "POST /send text=1"]);
  });

  it("caches GETs in spite of no-store, by the whole address, and no POST", async () => {
    withFaults({ cachesGets: true });
    const texts = [];
    for (const path of ["/a", "/a", "/a?n=1", "/a"]) texts.push((await get(path)).text);
    expect(texts).toEqual(["answer 1", "answer 1", "answer 2", "answer 1"]);
    expect((await post("hi")).text).not.toBe((await post("hi")).text);
  });

  it("resets: the server sees nothing", async () => {
    withFaults({ resets: true });
    expect(await outcome("/")).toBe("ECONNRESET");
    const heard = hear(box.url);
    await until(() => heard.includes("closed"), "the upgrade's end");
    expect([origin.seen, heard]).toEqual([[], ["closed"]]);
  });

  it("loses answers: the server has acted", async () => {
    withFaults({ losesAnswers: true });
    expect(await post("hi").catch(codeOf)).toBe("ECONNRESET");
    expect(origin.seen).toEqual(["POST /send text=hi"]);
  });

  it("is deaf: the server does not see that a client has left", async () => {
    withFaults({ isDeaf: true });
    for (const path of ["/never/deaf", "/never/hears"]) {
      const raw = await openRaw(box.port);
      raw.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await until(() => origin.seen.includes(`GET ${path}`), path);
      raw.reset();
      withFaults({});
    }
    await until(() => origin.open[1]?.closed === true, "the sound one");
    expect(origin.open[0]?.closed).toBe(false);
  });

  it("strikes one in so many, by its seed", async () => {
    withFaults({ resets: true, oneIn: 3 });
    const outcomes = [];
    for (let n = 0; n < 30; n++) outcomes.push(await outcome("/"));
    expect(new Set(outcomes)).toEqual(new Set([200, "ECONNRESET"]));
    expect(box.counts.struck.resets).toBe(30 - origin.seen.length);
  });
});
