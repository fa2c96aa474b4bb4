/** One request through a middlebox, and what its faults make of it. */
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Inside, Kept } from "./middlebox.js";

/** How long a POST waits for another that may overtake it. */
const SWAP_MS = 120;

const HOP_BY_HOP = /^(connection|keep-alive|upgrade|transfer-encoding|proxy-.*|te|trailer)$/i;

export async function exchange(req: IncomingMessage, res: ServerResponse, box: Inside): Promise<void> {
  const { faults } = box;
  const isPost = req.method === "POST";
  const isGet = req.method === "GET";
  const body = isPost ? await bodyOf(req) : Buffer.alloc(0);
  if (faults.delayMs) {
    box.strike("delayMs");
    await pause(faults.delayMs);
  }
  if (box.strikes("resets")) return reset(res);
  if (faults.htmlStatus && box.strikes("htmlStatus")) return page(res, faults.htmlStatus);
  const kept = faults.cachesGets && isGet && box.cache.get(req.url ?? "");
  if (kept) {
    box.strike("cachesGets");
    return write(res, kept);
  }
  if (isPost && box.strikes("latePosts")) {
    reset(res);
    // Its own retry is the next POST. Nobody is there for the answer.
    await nextPost(box, 2000);
    forward(req, body, box).on("response", (answer) => answer.resume());
    return;
  }
  if (isPost && faults.swapsPosts && box.waiting.length === 0) await nextPost(box, SWAP_MS, "swapsPosts");

  const copies = (isGet && faults.replaysGets) || (isPost && faults.doublesPosts) ? 2 : 1;
  if (copies === 2) {
    box.strike(isGet ? "replaysGets" : "doublesPosts");
    forward(req, body, box).on("response", (answer) => answer.resume());
  }
  await pass(req, res, body, box);
  if (isPost) for (const go of box.waiting.splice(0)) go();
}

/** Forwards, and passes the answer on. Rejects where the server gives none. */
function pass(req: IncomingMessage, res: ServerResponse, body: Buffer, box: Inside): Promise<void> {
  const { faults } = box;
  return new Promise((resolve, reject) => {
    const upstream = forward(req, body, box);
    if (res.closed) {
      // A proxy that has a whole POST may well send it on for a client that has left.
      if (req.method === "POST") upstream.on("response", (answer) => answer.resume());
      else upstream.destroy();
      return resolve();
    }
    const cutting = faults.cutMs === undefined ? undefined : setTimeout(cut, faults.cutMs);
    const done = () => {
      clearTimeout(cutting);
      resolve();
    };
    upstream.on("error", (error) => {
      clearTimeout(cutting);
      reject(error);
    });
    res.once("close", () => {
      if (faults.isDeaf && !res.writableFinished) box.strike("isDeaf");
      else upstream.destroy();
      done();
    });
    upstream.on("response", (answer) => {
      if (box.strikes("losesAnswers")) reset(res);
      else if (faults.holds) hold(answer);
      else stream(answer);
    });

    function cut(): void {
      box.strike("cutMs");
      if (faults.cutStatus && !res.headersSent) page(res, faults.cutStatus);
      else reset(res);
    }

    function hold(answer: IncomingMessage): void {
      box.strike("holds");
      wholeOf(answer).then((whole) => {
        keep(whole);
        write(res, whole);
      }, reject);
    }

    function stream(answer: IncomingMessage): void {
      res.writeHead(answer.statusCode ?? 502, passable(answer.rawHeaders));
      res.flushHeaders();
      answer.on("data", (chunk: Buffer) => res.write(chunk));
      answer.on("end", () => res.end());
      answer.on("error", () => res.destroy());
      wholeOf(answer).then(keep, () => {});
    }

    function keep(whole: Kept): void {
      if (faults.cachesGets && req.method === "GET" && whole.status === 200)
        box.cache.set(req.url ?? "", whole);
    }
  });
}

function forward(req: IncomingMessage, body: Buffer, box: Inside): ReturnType<typeof request> {
  box.counts.forwarded++;
  const upstream = request({
    host: "127.0.0.1",
    port: box.serverPort,
    method: req.method ?? "GET",
    path: req.url ?? "/",
    headers: passable(req.rawHeaders),
    agent: false,
  });
  box.upstreams.add(upstream);
  upstream.once("close", () => box.upstreams.delete(upstream));
  // A copy whose answer nobody wants may fail.
  upstream.on("error", () => {});
  upstream.end(body);
  return upstream;
}

/** Resolves when another POST has been answered, or after `patienceMs`. */
async function nextPost(box: Inside, patienceMs: number, fault?: "swapsPosts"): Promise<void> {
  let go = () => {};
  const overtaken = new Promise<boolean>((resolve) => {
    go = () => resolve(true);
  });
  box.waiting.push(go);
  const isOvertaken = await Promise.race([overtaken, pause(patienceMs, false, { ref: false })]);
  if (isOvertaken && fault) box.strike(fault);
  if (!isOvertaken) box.waiting.splice(box.waiting.indexOf(go), 1);
}

function passable(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !HOP_BY_HOP.test(raw[index - (index % 2)] ?? ""));
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    incoming.once("end", resolve);
    incoming.once("error", reject);
    incoming.once("close", () => reject(new Error("not whole")));
  });
  return Buffer.concat(chunks);
}

async function wholeOf(answer: IncomingMessage): Promise<Kept> {
  const body = await bodyOf(answer);
  return { status: answer.statusCode ?? 502, headers: passable(answer.rawHeaders), body };
}

function write(res: ServerResponse, { status, headers, body }: Kept): void {
  if (!res.destroyed) res.writeHead(status, [...headers]).end(body);
}

function page(res: ServerResponse, status: number): void {
  res.writeHead(status, { "Content-Type": "text/html" }).end(`<html><h1>${status}</h1><hr>proxy</html>`);
}

function reset(res: ServerResponse): void {
  res.socket?.resetAndDestroy();
}
