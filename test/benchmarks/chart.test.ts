/** What the chart of the fan-out shows, and that it is an image which stands alone. */
import { describe, expect, it } from "vitest";
import { benchmark, row } from "./row.js";

const { escapeXml, fanOutChart } = await benchmark("report/chart.js");

describe("the chart", () => {
  const rows = [1000, 5000, 10_000, 18_000].flatMap((parked) =>
    ["parkbench", "plain", "express"].map((peer, at) =>
      row({ peer, params: { parked, held: false }, values: [[12, 28, 190][at] ?? 0] }),
    ),
  );
  const parse = (svg: string) => new DOMLike(svg);

  it("is well-formed, and needs nothing from elsewhere", () => {
    const svg = fanOutChart(rows, { plain: "node:http" });
    expect(parse(svg).depth).toBe(0);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|<script|<image|@import|url\(/,
    );
    expect(svg).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it("has a bar for each peer and count, their figures, and a name for each colour", () => {
    const svg = fanOutChart(rows, { parkbench: "Parkbench", plain: "node:http", express: "Express" });
    const { texts } = parse(svg);
    expect(texts.filter((text) => text === "12.0")).toHaveLength(4);
    expect(texts.filter((text) => text === "190")).toHaveLength(4);
    for (const text of ["Parkbench", "node:http", "Express", "1,000", "5,000", "10,000", "18,000"])
      expect(texts).toContain(text);
    expect(texts.some((text) => text.startsWith("microseconds"))).toBe(true);
  });

  it("marks a bar that goes on beyond it, and no other", () => {
    expect(fanOutChart(rows).match(/<polygon/g)).toHaveLength(4);
    expect(fanOutChart(rows.filter(({ peer }) => peer !== "express"))).not.toContain("<polygon");
  });

  it("shows a peer that was not measured somewhere as missing, not as nothing", () => {
    const holed = rows.filter(({ peer, params }) => peer !== "plain" || params.parked !== 18_000);
    expect(parse(fanOutChart(holed)).texts.filter((text) => text === "–")).toHaveLength(1);
  });

  it("leaves out variants and other scenarios, and is none without a figure", () => {
    const others = [
      row({ params: { parked: 5000, held: false, signedIn: true } }),
      row({ params: { parked: 5000, held: true } }),
      row({ scenario: "memory" }),
      row({ values: [] }),
    ];
    expect(fanOutChart(others)).toBeNull();
    expect(fanOutChart([...rows, ...others])).toBe(fanOutChart(rows));
  });

  it("escapes what comes from outside", () => {
    const svg = fanOutChart(rows, { plain: `<b>"a" & 'b'</b>\u0000` }, "a < b");
    expect(parse(svg).depth).toBe(0);
    expect(svg).toContain("&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt;<");
    expect(escapeXml("a\u0001\nb")).toBe("ab");
  });
});

/** As much of an XML parser as tells whether every element ends, in the right place, and what the texts are. */
class DOMLike {
  readonly texts: string[] = [];
  readonly #open: string[] = [];

  constructor(xml: string) {
    const tokens = xml.trim().match(/<[^<>]*>|[^<>]+/g) ?? [];
    if (tokens.join("") !== xml.trim()) throw new Error("a stray < or >");
    for (const token of tokens) this.#take(token);
  }

  get depth(): number {
    return this.#open.length;
  }

  #take(token: string): void {
    if (!token.startsWith("<")) {
      if (/&(?!(amp|lt|gt|quot|#39);)/.test(token)) throw new Error(`a bare & in ${token}`);
      if (token.trim() !== "") this.texts.push(token);
      return;
    }
    const end = /^<\/([a-z]+)>$/.exec(token)?.[1];
    if (end !== undefined) {
      if (this.#open.pop() !== end) throw new Error(`${token} ends what was not open`);
      return;
    }
    const [, name, close] = /^<([a-z]+)(?:\s+[a-zA-Z0-9:-]+="[^"<&]*")*\s*(\/?)>$/.exec(token) ?? [];
    if (name === undefined) throw new Error(`not well-formed: ${token}`);
    if (close !== "/") this.#open.push(name);
  }
}
