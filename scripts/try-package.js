// Packs the project and uses the package in an empty folder, as somebody who installs it would.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { built } from "./built.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NATIVE = join("node_modules", "better-sqlite3", "build", "Release", "better_sqlite3.node");

const HOST = `
import assert from "node:assert/strict";
import express from "express";
import { createChat } from "parkbench";
import { connect } from "parkbench/client";

const chat = createChat({ database: process.env.DATABASE, identity: { identify: () => ({ id: 7, name: "Ana" }) } });
await chat.ready;
const server = express().use("/chat", chat.router).listen(0, "127.0.0.1");
chat.attach(server);
await new Promise((resolve) => server.once("listening", resolve));
const url = \`http://127.0.0.1:\${server.address().port}/chat\`;
const get = async (path) => {
  const response = await fetch(url + path);
  assert.equal(response.status, 200, path);
  return response.text();
};

const waiting = get("/poll?since=0&wait=20");
await chat.send({ room: "lobby", text: "out of the box" });
assert.equal(JSON.parse(await waiting).messages[0].text, "out of the box");
assert.match(await get("/rooms/lobby"), /out of the box/);
assert.match(await get("/page.js"), /poll/);
assert.match(await get("/client.js"), /Parkbench/);
assert.match(await get("/tabs.js"), /localStorage/);
assert.match(await get("/parkbench.css"), /body/);

const client = connect({ url, since: JSON.parse(await get("/poll?since=now&wait=0")).next });
const sent = await client.send("from the client");
assert.deepEqual(sent.from, { id: 7, name: "Ana" });
await chat.send({ room: "lobby", text: "to the client" });
const texts = [];
for await (const { text } of client) if (texts.push(text) === 2) break;
assert.deepEqual(texts, ["from the client", "to the client"]);
assert.equal(client.transport, "websocket");
client.close();
server.close();
server.closeAllConnections();
await chat.close();
`;

const folder = mkdtempSync(join(tmpdir(), "parkbench-package-"));
try {
  npm(root, "pack", "--silent", "--pack-destination", folder);
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  // The native part of better-sqlite3 takes a minute to compile, and was compiled here before.
  npm(
    folder,
    "install",
    "--silent",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    `./${tarball}`,
    "express",
  );
  cpSync(join(root, NATIVE), join(folder, NATIVE));
  writeFileSync(join(folder, "host.js"), HOST);
  tryOn("chat.db");
  const { postgresPrograms, startCluster } = await import(await built("support/postgres"));
  if (postgresPrograms()) {
    const cluster = await startCluster();
    try {
      tryOn(await cluster.database());
    } finally {
      await cluster.stop();
    }
  } else
    console.warn("PostgreSQL is not installed: the package was NOT tried on it (apt-get install postgresql)");
  console.log(`${tarball} works in an empty folder`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function tryOn(database) {
  const env = { ...process.env, DATABASE: database };
  execFileSync(process.execPath, ["host.js"], { cwd: folder, env, stdio: "inherit", timeout: 30_000 });
}

function npm(cwd, ...args) {
  execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
