/** Transports that break one promise each: a contract that lets them pass is worth nothing. */
import type { Journal, Place, Row, Transport } from "./reader.js";

/** Each is made anew for each check, as some keep count. */
export const BROKEN: Readonly<Record<string, (transport: Transport) => Transport>> = {
  "skips a row": (transport) => {
    let count = 0;
    return spoiled(transport, (row) => (++count === 3 ? [] : [row]));
  },

  "doubles a row": (transport) => {
    let count = 0;
    return spoiled(transport, (row) => (++count === 3 ? [row, row] : [row]));
  },

  "gives a row after the one behind it": (transport) => {
    let count = 0;
    let late: Row[] = [];
    return spoiled(transport, (row) => {
      count++;
      if (count === 2) {
        late = [row];
        return [];
      }
      return [row, ...late.splice(0)];
    });
  },

  "spoils a text": (transport) => {
    let count = 0;
    return spoiled(transport, ({ id, text }) => [{ id, text: ++count === 3 ? text.slice(1) : text }]);
  },

  "loses a row when it comes back": (transport) => comingBack(transport, 1),

  "doubles a row when it comes back": (transport) => comingBack(transport, -1),

  "starts at the end of the log": (transport) => {
    let legs = 0;
    return {
      ...transport,
      leg: (journal, place, line) =>
        transport.leg(legs++ === 0 ? view(journal, { cursor: "now" }) : journal, place, line),
    };
  },

  "hears other rooms": (transport) => asking(transport, { rooms: ["lobby", "yard"] }),

  "has its echo all the same": (transport) => asking(transport, { echo: true }),

  "says nothing of a reset": (transport) => ({
    ...transport,
    leg: (journal, place, line) => transport.leg(view(journal, { reset: () => {} }), place, line),
  }),

  "leaves a waiter behind": (transport) => ({
    ...transport,
    leg: (journal, place, line) => {
      void fetch(`${place.url}/poll?since=now&wait=20`).catch(() => {});
      return transport.leg(journal, place, line);
    },
  }),
};

/** The same journal, in part another. */
function view(journal: Journal, other: Partial<Journal>): Journal {
  return {
    client: journal.client,
    get cursor() {
      return other.cursor ?? journal.cursor;
    },
    get page() {
      return journal.page;
    },
    set page(page) {
      journal.page = page;
    },
    take: other.take ?? ((rows, next) => journal.take(rows, next)),
    reset: other.reset ?? (() => journal.reset()),
  };
}

function spoiled(transport: Transport, spoil: (row: Row) => readonly Row[]): Transport {
  return {
    ...transport,
    leg: (journal, place, line) => {
      const take = (rows: readonly Row[], next: string) => journal.take(rows.flatMap(spoil), next);
      return transport.leg(view(journal, { take }), place, line);
    },
  };
}

/** Comes back some rows off, to whatever it has had. */
function comingBack(transport: Transport, by: number): Transport {
  let legs = 0;
  return {
    ...transport,
    leg: (journal, place, line) => {
      if (legs++ === 0) return transport.leg(journal, place, line);
      const cursor = journal.cursor.replace(/^\d+/, (id) => String(Number(id) + by));
      journal.page = null;
      return transport.leg(view(journal, { cursor }), place, line);
    },
  };
}

function asking(transport: Transport, more: Partial<Place>): Transport {
  return {
    ...transport,
    leg: (journal, place, line) => transport.leg(journal, { ...place, ...more }, line),
  };
}
