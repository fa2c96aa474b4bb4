/** The least that can answer a catch-up: node:http, and buffers made before, as many bytes as Parkbench's answers. */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

/** Answers `/poll?n=0` with as many bytes as the first of `bodyBytes`, and so on. */
export function catchUpPlain(bodyBytes) {
  return {
    name: "plain",
    label: "node:http, prebuilt buffer",
    protocol: "poll",
    readyPath: "/poll?n=0",
    command: (port) => ({
      command: process.execPath,
      args: [fileURLToPath(import.meta.url), String(port), ...bodyBytes.map(String)],
    }),
    missing: () => null,
  };
}

function serve(port, bodyBytes) {
  const answers = new Map(bodyBytes.map((bytes, n) => [`/poll?n=${n}`, answerOf(bytes)]));
  const server = createServer((req, res) => {
    const answer = answers.get(req.url);
    if (!answer) return res.writeHead(404).end();
    res.writeHead(200, answer.headers);
    res.end(answer.body);
  });
  server.keepAliveTimeout = 75_000;
  server.listen({ port, host: "127.0.0.1", backlog: 4096 });
}

function answerOf(bytes) {
  const around = '{"messages":[""],"next":"1-abcd"}';
  const body = Buffer.from(around.replace('""', `"${"x".repeat(bytes - around.length)}"`));
  const type = ["Content-Type", "application/json; charset=utf-8"];
  return { body, headers: [...type, "Content-Length", String(bytes), "Cache-Control", "no-store"] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, ...bodyBytes] = process.argv.slice(2).map(Number);
  serve(port, bodyBytes);
}
