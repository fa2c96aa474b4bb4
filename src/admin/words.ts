/** What the command line says: tables that are aligned, and names that cannot play tricks on a terminal. */

/** Controls would move the cursor or change colours, format characters turn the line around. */
const TRICKY = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A text of somebody else's, with whatever a terminal could act on written out as `\u{1b}`. */
export function safe(text: string): string {
  return text.replace(TRICKY, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Columns as wide as what is in them, two spaces between; one line, `none`, where there are no rows. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  none: string,
): string {
  if (rows.length === 0) return none;
  const cells = [head, ...rows].map((row) => row.map((cell) => safe(String(cell))));
  const widths = head.map((_, at) => Math.max(...cells.map((row) => widthOf(row[at] ?? ""))));
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** In columns of a terminal: those of the far east take two, and accents of their own none. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
