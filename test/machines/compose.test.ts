/** The shipped compose file, which cannot be run here: read, and held against what it starts and names. */
import { existsSync } from "node:fs";
import { BlockList } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/config.js";
import { parseYaml } from "../support/plain-yaml.js";
import { EXAMPLES, read, SECRET, unknownIn } from "./shipped.js";

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly build?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
  readonly networks?: { readonly default: { readonly ipv4_address: string } };
}

describe("compose.yaml", () => {
  const parsed = parseYaml(read("compose.yaml")) as unknown as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, null>>;
    readonly networks: {
      readonly default: { readonly ipam: { readonly config: readonly Readonly<Record<string, string>>[] } };
    };
  };
  const { services } = parsed;
  const servers = Object.entries(services).filter(([name]) => name.startsWith("chat"));
  /** `${NAME:-default}` as it is without that variable; `${NAME:?text}` set. */
  const resolved = (env: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(
      Object.entries(env).map(([name, value]) => [
        name,
        value.replace(/^\$\{\w+:-(.*)\}$/, "$1").replace(/^\$\{(\w+):\?.*\}$/, SECRET.SESSION_SECRET),
      ]),
    );

  it("gives all servers the same, in names that they know", () => {
    expect(servers.map(([name]) => name)).toEqual(["chat1", "chat2", "chat3"]);
    for (const [, { environment = {} }] of servers) {
      expect(unknownIn(environment)).toEqual([]);
      const config = readConfig(resolved(environment));
      expect(config).toEqual(readConfig(resolved(servers[0]?.[1].environment)));
      expect([config.port, config.host, config.trustProxy]).toEqual([3000, "0.0.0.0", 1]);
      expect(config.drainS + 10).toBeLessThan(Number.parseInt(services.chat1?.stop_grace_period ?? "", 10));
      expect(new URL(config.databaseUrl).hostname in services).toBe(true);
    }
  });

  it("has the servers that the balancer sends people to, and the files that it names", () => {
    const upstreams = [...read("nginx.conf").matchAll(/^ +server (\w+):(\d+)/gm)].map(
      ([, name, port]) => `${name}:${port}`,
    );
    expect(upstreams).toEqual(servers.map(([name]) => `${name}:3000`));
    const [mount = ""] = services.nginx?.volumes ?? [];
    expect(existsSync(join(EXAMPLES, mount.split(":")[0] ?? ""))).toBe(true);
    const { context, dockerfile } = services.chat1?.build ?? {};
    expect(existsSync(join(EXAMPLES, context ?? "", dockerfile ?? ""))).toBe(true);
    for (const [name, { depends_on = {} }] of Object.entries(services))
      for (const on of Object.keys(depends_on)) expect([name, on, on in services]).toEqual([name, on, true]);
    expect(services.postgres?.volumes?.[0]?.split(":")[0]).toBe(Object.keys(parsed.volumes)[0]);
  });

  it("gives servers addresses that stay, as nginx looks names up once, and that nobody else gets", () => {
    const [{ subnet = "", ip_range = "" } = {}] = parsed.networks.default.ipam.config;
    const [net, given] = [subnet, ip_range].map((range) => {
      const list = new BlockList();
      const [address = "", bits] = range.split("/");
      list.addSubnet(address, Number(bits));
      return list;
    });
    const addresses = servers.map(([, { networks }]) => networks?.default.ipv4_address ?? "");
    expect(new Set(addresses).size).toBe(3);
    expect(addresses.map((address) => [net?.check(address), given?.check(address)])).toEqual(
      addresses.map(() => [true, false]),
    );
  });

  it("has no setting that compose does not know", () => {
    const keys = new Set(Object.values(services).flatMap((service) => Object.keys(service)));
    const compose =
      "build depends_on environment healthcheck image networks ports restart stop_grace_period volumes".split(
        " ",
      );
    expect([...keys].filter((key) => !compose.includes(key))).toEqual([]);
    const checks = Object.values(services).flatMap(({ healthcheck }) => healthcheck ?? []);
    expect(checks).toHaveLength(4);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["test", "interval", "timeout", "retries"]);
  });
});
