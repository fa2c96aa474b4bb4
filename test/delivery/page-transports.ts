/** The transports whose rows are HTML: the endless page and the waiting page, each followed where it leads. */
import { refreshIn } from "../support/addresses.js";
import { linkIn, messagesIn } from "../support/html.js";
import { headersOf, type Line } from "./line.js";
import { idOf, type Journal, type Place, type Row, type Transport } from "./reader.js";

interface Item extends Row {
  readonly isFresh: boolean;
}

export const live: Transport = {
  name: "live page",
  roomsMax: 1,
  leavesOut: true,
  tellsCursor: false,
  async leg(journal, place, line) {
    const asked = journal.cursor;
    let rest = "";
    let since = "";
    let isReset = false;
    await line.get(addressOf("live", journal, place), headersOf(place), (chunk) => {
      rest += chunk;
      if (since === "") {
        if (!rest.includes("<ul")) return;
        since = sinceIn(refreshIn(rest)?.address ?? "");
        isReset = meantNothing(asked, since);
        if (isReset) journal.reset();
      }
      const cut = rest.lastIndexOf("</li>") + 1;
      const epoch = since.split("-")[1];
      for (const { id, text, isFresh } of itemsIn(rest.slice(0, cut + 4)))
        if (isFresh || isReset) journal.take([{ id, text }], `${id}-${epoch}`);
      if (cut > 0) rest = rest.slice(cut + 4);
    });
    const on = refreshIn(rest)?.address;
    if (on === undefined) return "cut";
    journal.take([], sinceIn(on));
    journal.page = on;
    return "goodbye";
  },
};

export const wait: Transport = {
  name: "waiting page",
  roomsMax: 1,
  leavesOut: true,
  tellsCursor: true,
  async leg(journal, place, line) {
    const html = await pageAt(addressOf("wait", journal, place), place, line);
    const refresh = refreshIn(html);
    if (!refresh) throw new Error("a waiting page that leads nowhere");
    const next = sinceIn(refresh.address);
    const isReset = meantNothing(journal.cursor, next);
    const items = itemsIn(html).filter(({ isFresh }) => isFresh || isReset);
    const before = linkIn(html, "the ones before these");
    if (before !== undefined) items.push(...(await earlier(before, idOf(journal.cursor), place, line)));
    if (isReset) journal.reset();
    journal.take(items.map(({ id, text }) => ({ id, text })).reverse(), next);
    journal.page = refresh.address;
    return refresh.s === 1 ? "answered" : "goodbye";
  },
};

/** What a person finds who goes back, link by link, to what was read before. */
async function earlier(first: string, after: number, place: Place, line: Line): Promise<Item[]> {
  const found: Item[] = [];
  for (let link: string | undefined = first; link !== undefined; ) {
    const html = await pageAt(new URL(link, place.url).href, place, line);
    const items = itemsIn(html).filter(({ id }) => id > after);
    found.push(...items);
    link = items.length > 0 ? linkIn(html, "Older messages") : undefined;
  }
  return found;
}

async function pageAt(address: string, place: Place, line: Line): Promise<string> {
  let html = "";
  await line.get(address, headersOf(place), (chunk) => {
    html += chunk;
  });
  return html;
}

/** Where the page before led, or the page at the cursor. */
function addressOf(view: "live" | "wait", { page, cursor, client }: Journal, place: Place): string {
  const { url, rooms, echo = true } = place;
  if (page?.includes(`/${view}?`)) return new URL(page, url).href;
  return `${url}/rooms/${rooms[0]}/${view}?since=${cursor}&client=${client}${echo ? "" : "&echo=0"}`;
}

function sinceIn(address: string): string {
  return /[?&]since=([^&]*)/.exec(address)?.[1] ?? "";
}

/** A page has no word for it: it begins somewhere else than where it was asked to. */
function meantNothing(asked: string, got: string): boolean {
  return idOf(got) < idOf(asked) || got.split("-")[1] !== asked.split("-")[1];
}

function itemsIn(html: string): Item[] {
  return [...html.matchAll(/<li class="([^"]*)" id="m(\d+)">.*?<\/li>/gs)].map(
    ([item, classes = "", id = ""]) => ({
      id: Number(id),
      text: messagesIn(item)[0] ?? "",
      isFresh: /\bfresh\b/.test(classes),
    }),
  );
}
