/** One turn of the event loop: everything that was ready to run has run. */

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
