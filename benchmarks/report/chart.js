/** The chart of the fan-out as SVG: bars of CPU per delivery, grouped by how many are parked, one colour a peer. */
import { summarise } from "./rows.js";

const WIDTH = 960;
const HEIGHT = 480;
const PLOT = { left: 64, right: 936, top: 126, bottom: 416 };
const LEGEND = { columns: 4, columnWidth: 228, top: 80, rowHeight: 20 };
const INK = "#1f2328";
const FAINT = "#57606a";
const FONT = 'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"';

/** Apart for colour-blind eyes (Okabe and Ito); the project's own is the darkest. */
const COLOURS = ["#0072b2", "#8c959f", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#d55e00"];

/** A bar this many times the middle one would press all others flat: it is cut, and says so. */
const CUT_TIMES = 2;

/**
 * Null without a figure to show.
 *
 * @param {readonly import("./rows.js").Row[]} rows
 * @param {Readonly<Record<string, string>>} labels the peers' names, in the order of the bars
 */
export function fanOutChart(rows, labels = {}, caption = "") {
  const figures = summarise(rows).filter(
    ({ scenario, metric, params, median }) =>
      scenario === "fan-out" &&
      metric === "cpuUsPerDelivery" &&
      params.held === false &&
      // A variant (signed-in clients) has no place in a group.
      Object.keys(params).length === 2 &&
      median !== null,
  );
  if (figures.length === 0) return null;
  const counts = [...new Set(figures.map(({ params }) => params.parked))].sort((a, b) => a - b);
  const order = Object.keys(labels);
  const peers = [...new Set(figures.map(({ peer }) => peer))].sort((a, b) => rank(order, a) - rank(order, b));
  const scale = makeScale(figures.map(({ median }) => median));
  const isCut = figures.some(({ median }) => median > scale.max);
  const title = "Server CPU per delivered message, with the poll that follows it";

  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title" ${FONT}>`,
    `<title id="title">${escapeXml(title)}</title>`,
    // Its own ground: on a dark page black letters would be lost.
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="8" fill="#ffffff" stroke="#d0d7de"/>`,
    text(24, 34, title, { size: 18, weight: 600 }),
    text(24, 54, subtitle(isCut), { size: 13, fill: FAINT }),
    ...legend(peers, labels),
    ...axis(scale),
    ...counts.flatMap((count, at) => group(figures, { count, at, counts, peers, scale })),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, "clients parked", { anchor: "middle", fill: FAINT }),
    ...(caption ? [text(WIDTH - 24, HEIGHT - 10, caption, { anchor: "end", size: 11, fill: FAINT })] : []),
    "</svg>",
    "",
  ].join("\n");
}

function subtitle(isCut) {
  const text = "microseconds, lower is better; the server has one core";
  return isCut ? `${text}; a bar with a gap is longer than the chart is high` : text;
}

function rank(order, peer) {
  const at = order.indexOf(peer);
  return at < 0 ? order.length : at;
}

/** In columns, as nobody knows how wide the letters of the reader's font are. */
function legend(peers, labels) {
  return peers.flatMap((peer, at) => {
    const x = 24 + (at % LEGEND.columns) * LEGEND.columnWidth;
    const y = LEGEND.top + Math.floor(at / LEGEND.columns) * LEGEND.rowHeight;
    return [
      `<rect x="${x}" y="${y - 11}" width="12" height="12" rx="2" fill="${COLOURS[at % COLOURS.length]}"/>`,
      text(x + 18, y, labels[peer] ?? peer, { size: 13 }),
    ];
  });
}

function axis({ ticks, y }) {
  return ticks.flatMap((tick) => [
    `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(tick)}" y2="${y(tick)}" stroke="${tick === 0 ? INK : "#d8dee4"}"/>`,
    text(PLOT.left - 8, y(tick) + 4, String(tick), { anchor: "end", fill: FAINT }),
  ]);
}

function group(figures, { count, at, counts, peers, scale }) {
  const width = (PLOT.right - PLOT.left) / counts.length;
  const bar = Math.min(56, (width * 0.86) / peers.length);
  const left = PLOT.left + width * at + (width - bar * peers.length) / 2;
  const bars = peers.flatMap((peer, place) => {
    const found = figures.find((figure) => figure.peer === peer && figure.params.parked === count);
    const x = left + bar * place;
    // A gap would read as a bar of nothing.
    if (!found) return [text(round(x + bar / 2), PLOT.bottom - 5, "–", { anchor: "middle", fill: FAINT })];
    const top = scale.y(Math.min(found.median, scale.max));
    const colour = COLOURS[place % COLOURS.length];
    const middle = round(x + bar / 2);
    return [
      `<rect x="${round(x + 1)}" y="${top}" width="${round(bar - 2)}" height="${round(PLOT.bottom - top)}" fill="${colour}"/>`,
      ...(found.median > scale.max ? cut(x, bar, top) : []),
      text(middle, top - 5, figureText(found.median), { anchor: "middle", size: bar < 26 ? 10 : 12 }),
    ];
  });
  const name = text(PLOT.left + width * (at + 0.5), PLOT.bottom + 20, thousands(count), { anchor: "middle" });
  return [...bars, name];
}

/** A slanting white band through a bar that goes on beyond the chart. */
function cut(x, bar, top) {
  const [left, right] = [round(x - 1), round(x + bar + 1)];
  return [
    `<polygon points="${left},${top + 20} ${right},${top + 12} ${right},${top + 17} ${left},${top + 25}" fill="#ffffff"/>`,
  ];
}

function makeScale(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const limit = sorted[sorted.length >> 1] * CUT_TIMES;
  const within = sorted.filter((value) => value <= limit);
  const largest = within.at(-1) ?? 1;
  const step = stepFor(largest);
  const max = Math.max(step, Math.ceil((largest * 1.05) / step) * step);
  const y = (value) => round(PLOT.bottom - (value / max) * (PLOT.bottom - PLOT.top));
  const ticks = Array.from({ length: Math.round(max / step) + 1 }, (_, at) => round(at * step));
  return { max, y, ticks };
}

/** A round number that makes four to eight lines. */
function stepFor(largest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 1) / 4));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => largest / step <= 7) ?? power * 10;
}

function text(x, y, content, { anchor = "start", size = 12, weight = 400, fill = INK } = {}) {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${escapeXml(content)}</text>`;
}

export function escapeXml(content) {
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  // Control characters have no place in XML, not even as entities.
  const printable = [...String(content)].filter((character) => character >= " ").join("");
  return printable.replace(/[&<>"']/g, (character) => entities[character]);
}

function figureText(value) {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function thousands(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function round(value) {
  return Math.round(value * 10) / 10;
}
