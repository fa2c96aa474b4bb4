/** What one tab has, and what another one wants: rooms and cursors compared. */

export function holds(rooms: string[], room: string): boolean {
  for (var i = 0; i < rooms.length; i++) if (rooms[i] === room) return true;
  return false;
}

export function meet(some: string[], others: string[]): boolean {
  for (var i = 0; i < some.length; i++) if (holds(others, some[i] as string)) return true;
  return false;
}

export function isCursor(cursor: string): boolean {
  return /^\d/.test(cursor);
}

/** Whether reading after `since` leaves nothing out for who has everything up to `cursor`. */
export function follows(since: string, cursor: string): boolean {
  return parseInt(since, 10) <= parseInt(cursor, 10) && epoch(since) === epoch(cursor);
}

function epoch(cursor: string): string {
  return cursor.split("-")[1] || "";
}
