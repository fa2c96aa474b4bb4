/** Real proxies, set as shipped and not set at all: what gets through each, and how people talk through it. */
import { afterAll, describe, expect, it } from "vitest";
import { builtClient } from "../support/built-client.js";
import { freePort } from "../support/free-port.js";
import { makeRoom } from "../support/guest.js";
import { startProxy } from "../support/proxy.js";
import { PROXIES, type ProxyConfig } from "../support/proxy-configs.js";
import {
  type Findings,
  findOut,
  keepsForAMinute,
  type Settled,
  settle,
  signInFrom,
} from "../support/proxy-findings.js";
import { type Standalone, startStandalone } from "../support/standalone.js";
import { tools } from "../support/tools.js";

type Found = Findings & Settled;

const EVERYTHING: Found = {
  poll: "live",
  events: "live",
  html: "live",
  webSocket: "live",
  form: "303",
  bareOrigin: "201",
  withPublicOrigin: "201",
  curl: tools.curl ? "live" : "-",
  clients: "websocket",
};

/** The table of docs/proxies.md: where not everything gets through. */
const LESS: Readonly<Record<string, Partial<Found>>> = {
  "nginx, only proxy_pass": { webSocket: "426", bareOrigin: "403", clients: "sse" },
  "apache, only ProxyPass": { webSocket: "426", bareOrigin: "403", clients: "sse" },
};

/** Those that nobody has to have are no skipped tests where they are not installed: they are not there. */
const HERE = PROXIES.filter(({ program, name }) => program !== null || /^(nginx|haproxy)/.test(name));

describe.skipIf(!tools.nginx || !tools.haproxy)("behind a proxy", () => {
  const client = builtClient();
  const found: Record<string, Found> = {};

  afterAll(() => {
    const columns = Object.keys(EVERYTHING) as (keyof Found)[];
    const row = (name: string, cells: readonly string[]) =>
      name.padEnd(28) + cells.map((cell) => cell.padEnd(17)).join("");
    const rows = PROXIES.flatMap(({ name }) => {
      const findings = found[name];
      return findings
        ? [
            row(
              name,
              columns.map((column) => findings[column]),
            ),
          ]
        : [];
    });
    console.log([row("", columns), ...rows].join("\n"));
  });

  it.concurrent.each(HERE.map((config) => [config.name, config] as const))(
    "%s: what gets through is what the guide says",
    async (name, config) => {
      const first = await withProxy(config, false, (app, url) => findOut(app, url));
      const second = await withProxy(config, true, async (app, url) => ({
        withPublicOrigin: await signInFrom(url),
        clients: await settle(client().code("client"), app, url),
      }));
      found[name] = { ...first, ...second };
      expect(found[name]).toEqual({ ...EVERYTHING, ...LESS[name] });
    },
    60_000,
  );

  // A minute behind each is too long for every run: WALLS=1 npx vitest run test/proxies
  if (process.env.WALLS)
    it.concurrent.each(HERE.map((config) => [config.name, config] as const))(
      "%s: a poll of 45 s is answered, a stream lives to its end, a silent WebSocket is kept",
      async (_name, config) => {
        const kept = await withProxy(config, false, (_app, url) => keepsForAMinute(url));
        expect(kept).toEqual({ poll: 200, events: "ended", webSocket: LESS[config.name] ? "426" : "open" });
      },
      100_000,
    );
});

async function withProxy<T>(
  config: ProxyConfig,
  hasPublicOrigin: boolean,
  use: (app: Standalone, url: string) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const app = await startStandalone({ publicOrigins: hasPublicOrigin ? [`http://127.0.0.1:${port}`] : [] });
  try {
    await makeRoom(app.url, "Gardener", "elsewhere", "Elsewhere");
    const proxy = await startProxy(config, port, app.port);
    return await use(app, proxy.url).finally(() => proxy.stop());
  } finally {
    await app.close();
  }
}
