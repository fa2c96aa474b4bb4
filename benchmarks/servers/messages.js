/** Messages in memory, for peers that bring none: the wire format's shape, the newest 1,000 of each room. */

const KEPT_MAX = 1000;
const rooms = new Map();
let id = 0;

/** @returns {{ rows: object[], last: number, waiting: unknown[] }} */
export function roomOf(name) {
  let room = rooms.get(name);
  if (!room) {
    room = { rows: [], last: 0, waiting: [] };
    rooms.set(name, room);
  }
  return room;
}

export function append({ room = "lobby", name, text, nonce = null }) {
  if (typeof text !== "string" || text === "") throw new Error("no text");
  id += 1;
  const row = {
    id,
    room,
    kind: "message",
    from: { id: null, name },
    text,
    at: new Date().toISOString(),
    nonce,
  };
  const { rows } = roomOf(room);
  if (rows.push(row) > KEPT_MAX) rows.shift();
  roomOf(room).last = id;
  return row;
}

/** From the end: who asks is seldom far behind. */
export function rowsAfter({ rows }, since) {
  let first = rows.length;
  while (first > 0 && rows[first - 1].id > since) first -= 1;
  return rows.slice(first);
}

export function batchOf(rows) {
  return { messages: rows, next: cursorOf(rows.at(-1)), more: false, retry: 0 };
}

export function cursorOf({ id: last }) {
  return `${last}-abcd`;
}
