/** What a person does in w3m: fills in the field under the cursor, finds words on the page, and opens what they name. */
import type { Terminal } from "./terminal.js";

/** Opens the field under the cursor, types, and closes it. */
export async function fillIn(terminal: Terminal, text: string): Promise<void> {
  await terminal.press("Enter");
  await terminal.shows("TEXT:");
  await terminal.type(text);
  await terminal.shows(`TEXT:${text}`);
  await terminal.press("Enter");
  await terminal.shows(`[${text}`);
}

/** Moves the cursor to the next place of the words. */
export async function find(terminal: Terminal, words: string): Promise<void> {
  await terminal.press("/");
  await terminal.shows("Forward:");
  await terminal.type(words);
  await terminal.shows(`Forward: ${words}`);
  await terminal.press("Enter");
}

/** Finds a link or a button by its words, and opens or presses it. */
export async function follow(terminal: Terminal, words: string): Promise<void> {
  await find(terminal, words);
  await terminal.press("Enter");
}
