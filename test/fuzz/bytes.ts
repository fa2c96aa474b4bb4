/** A request as it goes over the wire. */

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Its bytes, one character each. */
  readonly body: string | null;
  readonly isChunked: boolean;
  readonly isSignedIn: boolean;
}

/** Who is signed in, for requests that bear a right cookie and a right token. */
export interface Rights {
  readonly cookie: string;
  readonly token: string;
}

/** The bytes of a request, and of no second one: what is generated holds no line breaks. */
export function bytesOf(one: Asked, rights: Rights, connection = "close"): Buffer {
  const { method, target, headers, body, isChunked, isSignedIn } = one;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: chat",
    `Connection: ${connectionFor(headers, connection)}`,
  ];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (isSignedIn) lines.push(`Cookie: ${rights.cookie}`, `X-Parkbench-Token: ${rights.token}`);
  if (body !== null) lines.push(isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`);
  const chunk = body === null || body.length === 0 ? "" : `${body.length.toString(16)}\r\n${body}\r\n`;
  const content = body === null ? "" : isChunked ? `${chunk}0\r\n\r\n` : body;
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${content}`, "latin1");
}

function connectionFor(headers: Asked["headers"], connection: string): string {
  return headers.some(([name]) => name === "Upgrade") ? `${connection}, Upgrade` : connection;
}
