/** Parkbench itself, as `npm start` runs it; its limits count, but are out of reach, as all load comes from one address. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const program = join(root, "dist", "server.js");

/** Not 0, which is "no limit" and would spare the counting. */
const OUT_OF_REACH = "1000000000";
const LIMITS = [
  "LIMIT_PARKED",
  "LIMIT_PARKED_PER_ADDRESS",
  "LIMIT_PARKED_PER_SESSION",
  "LIMIT_SENDS_PER_SESSION",
  "LIMIT_SENDS_PER_ADDRESS",
  "LIMIT_SIGNINS_PER_ADDRESS",
  "LIMIT_ROOMS_PER_USER",
];

/** @type {import("./index.js").Peer} */
export const parkbench = {
  name: "parkbench",
  label: "Parkbench",
  protocol: "poll",
  readyPath: "/readyz",
  command: (port, dir) => ({
    command: process.execPath,
    args: [program],
    cwd: root,
    env: {
      PORT: String(port),
      DATABASE_URL: join(dir, "parkbench.db"),
      ...Object.fromEntries(LIMITS.map((name) => [name, OUT_OF_REACH])),
    },
  }),
  missing: () => (existsSync(program) ? null : "not built; run `npm run build` in the project's root"),
  async makeRooms(port, rooms) {
    const { cookie, token } = await signIn(port, "The caretaker");
    for (const name of rooms) await post(port, "/rooms", { name, title: name, token }, 201, cookie);
  },
};

/** How startServer starts it with several workers; says it when all of them listen. */
export function withWorkers(count) {
  return { env: { WORKERS: String(count) }, readyLine: "Parkbench listens on" };
}

/** How startServer starts it on a PostgreSQL database. */
export function onPostgres(url) {
  return { env: { DATABASE_URL: url, SESSION_SECRET: "the same for all of its servers" } };
}

/**
 * Makes a user. The cookie is the session's, for a Cookie header.
 * @param {number} port
 * @param {string} name
 * @returns {Promise<{ cookie: string, token: string }>}
 */
export async function signIn(port, name) {
  const answer = await post(port, "/session", { name }, 201);
  const cookie = answer.headers.getSetCookie()[0]?.split(";", 1)[0];
  if (!cookie) throw new Error("Parkbench gave no session cookie at the sign-in");
  return { cookie, token: answer.body.token };
}

async function post(port, path, body, status, cookie) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      ...(cookie && { Cookie: cookie }),
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status !== status)
    throw new Error(`Parkbench answered POST ${path} with ${answer.status}: ${text}`);
  return { headers: answer.headers, body: JSON.parse(text) };
}
