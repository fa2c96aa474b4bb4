/** Takes HTTP answers out of what a socket has read: the few forms that the compared servers use. */

/**
 * The first answer in `text` (latin1: one character a byte), or null while it is not all there.
 * @param {string} text
 * @returns {{ status: number, head: string, body: string, end: number } | null}
 */
export function answerIn(text) {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd + 2);
  const status = Number(head.slice(9, 12));
  const start = headEnd + 4;
  const length = headerIn(head, "content-length");
  if (length !== null) {
    const end = start + Number(length);
    return end > text.length ? null : { status, head, body: text.slice(start, end), end };
  }
  if (headerIn(head, "transfer-encoding") === "chunked") {
    const chunked = chunksIn(text, start);
    return chunked && { status, head, ...chunked };
  }
  if (status === 204 || status === 304) return { status, head, body: "", end: start };
  throw new Error(`An answer without a length: ${head}`);
}

/** The value of a header in a head that ends with a line end, or null. */
export function headerIn(head, name) {
  const at = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (at < 0) return null;
  const start = at + name.length + 3;
  return head.slice(start, head.indexOf("\r\n", start)).trim();
}

function chunksIn(text, start) {
  let body = "";
  for (let at = start; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (end + 2 > text.length) return null;
    if (size === 0) return { body, end: end + 2 };
    body += text.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
