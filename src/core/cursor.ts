/** A reader's place in the log as it travels on the wire: the id, then the log's epoch. */

const CURSOR = /^(0|[1-9][0-9]{0,15})(?:-([A-Za-z0-9]{4,8}))?$/;

/** `epoch` is null for a bare id, which trusts the present epoch. */
export interface Cursor {
  readonly id: number;
  readonly epoch: string | null;
}

/** Null when the text is no cursor. Ids above 2^53-1 are refused: they would be rounded on the way to the log. */
export function parseCursor(text: string): Cursor | null {
  const match = CURSOR.exec(text);
  if (!match) return null;
  const id = Number(match[1]);
  return Number.isSafeInteger(id) ? { id, epoch: match[2] ?? null } : null;
}

export function formatCursor(id: number, epoch: string): string {
  return `${id}-${epoch}`;
}
