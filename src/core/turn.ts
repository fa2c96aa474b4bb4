/** One turn of the event loop, in which all other work gets in. */

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
