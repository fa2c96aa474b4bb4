/** What an answer may be: a status that the protocol's page names, with a code of its own where it is a problem. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";

export interface Answered {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** What all is well with; 204 answers OPTIONS, 304 is a static file's, 303 a form's, 101 a WebSocket's. */
const GOOD = new Set([101, 200, 201, 204, 303, 304]);
/** What node answers by itself to what is no HTTP, without a body. */
const NODES_OWN = new Set([400, 408, 413, 417, 431]);

/** The table of problems in the page that people read: statuses by code. */
const DOCUMENTED = new Map<string, readonly number[]>();
for (const [, statuses = "", codes = ""] of readFileSync(
  new URL("../../docs/protocol.md", import.meta.url),
  "utf8",
).matchAll(/^\| (\d{3}(?:, \d{3})*) \| (.*) \|$/gm))
  for (const [, code = ""] of codes.matchAll(/`([a-z_]+)`/g))
    DOCUMENTED.set(code, [...(DOCUMENTED.get(code) ?? []), ...statuses.split(", ").map(Number)]);

/** The first answer in what came over a connection; null where its head is not whole. */
export function answerIn(text: string): Answered | null {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = text.slice(end + 4);
  // 100 and 103 come before the answer.
  return status >= 100 && status < 200 && status !== 101 ? answerIn(body) : { status, headers, body };
}

/** The answers that came over a connection, up to the first whose end cannot be told: a stream, or one that was cut. */
export function answersIn(text: string): readonly Answered[] {
  const answers: Answered[] = [];
  for (let rest = text; ; ) {
    const answer = answerIn(rest);
    if (!answer) return answers;
    expect(answer.status, `no answer at ${text.length - rest.length} of ${text}`).not.toBeNaN();
    const bytes = answer.status === 204 || answer.status === 304 ? "0" : answer.headers.get("content-length");
    if (bytes === undefined || answer.body.length < Number(bytes)) return answers;
    answers.push({ ...answer, body: answer.body.slice(0, Number(bytes)) });
    rest = answer.body.slice(Number(bytes));
  }
}

/** Fails for a 5xx that is not a documented 503, for an unknown status or code, and for what shows our insides. */
export function judge({ status, headers, body }: Answered, isHead: boolean): void {
  expect(body).not.toMatch(/node_modules|\bat [\w.<>]+ \(|\/src\/|\/dist\/|SQLITE_|parkbench\.db/);
  if (GOOD.has(status)) return;
  const type = headers.get("content-type") ?? "";
  if (type.startsWith("application/problem+json")) {
    if (isHead) {
      expect([...DOCUMENTED.values()].flat()).toContain(status);
      return;
    }
    const problem = JSON.parse(Buffer.from(body, "latin1").toString()) as Record<string, unknown>;
    expect(problem.status).toBe(status);
    expectDocumented(String(problem.code), status);
    if (status === 429 || status === 503) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  } else if (type.startsWith("text/html")) {
    const code = /Status \d+, ([a-z_]+)\./.exec(body)?.[1];
    if (code !== undefined) expectDocumented(code, status);
    else expect([...DOCUMENTED.values()].flat()).toContain(status);
    expect(status).not.toBe(500);
  } else {
    expect([...NODES_OWN], `status ${status} with ${type || "no type"}: ${body.slice(0, 300)}`).toContain(
      status,
    );
    expect(body).toMatch(/^(0\r\n\r\n)?$/);
  }
}

function expectDocumented(code: string, status: number): void {
  expect(DOCUMENTED.get(code) ?? [], `${code} with ${status}`).toContain(status);
  // The table has it for what must not happen.
  expect(code).not.toBe("internal");
}

/** The id that an answer to a send has acknowledged, as JSON or by where it leads; null for any other. */
export function ackedIn({ status, headers, body }: Answered): number | null {
  const led = /\?m=(\d+)/.exec(status === 303 ? (headers.get("location") ?? "") : "")?.[1];
  if (led !== undefined) return Number(led);
  if (status !== 200 && status !== 201) return null;
  if (!(headers.get("content-type") ?? "").startsWith("application/json")) return null;
  return (JSON.parse(Buffer.from(body, "latin1").toString()) as { id?: number }).id ?? null;
}
