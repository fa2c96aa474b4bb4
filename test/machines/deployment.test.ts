/** What examples/several-machines cannot be run with here, read by what would read it, or by its rules. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../src/config.js";
import { parseYaml } from "../support/plain-yaml.js";
import { makeFolder } from "../support/server.js";
import { tools } from "../support/tools.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXAMPLES = join(ROOT, "examples/several-machines");
const read = (name: string) => readFileSync(join(EXAMPLES, name), "utf8");
const UNIT = read("parkbench@.service");

/** Every variable there is. */
const KNOWN = new Set(
  [...readFileSync(join(ROOT, ".env.example"), "utf8").matchAll(/^#?\s*([A-Z][A-Z_]+)=/gm)].map(
    ([, name]) => name,
  ),
);

function unknownIn(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.keys(env).filter((name) => !KNOWN.has(name));
}

/** The entries of a file for EnvironmentFile or env_file. */
function envIn(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

const SECRET = { SESSION_SECRET: "0123456789abcdef" };

describe("parkbench.env", () => {
  it("has names that the server knows, and values that it takes", () => {
    const env = envIn(read("parkbench.env"));
    expect([Object.keys(env).length > 5, unknownIn(env)]).toEqual([true, []]);
    // Nobody's secret is shipped.
    expect(() => readConfig(env)).toThrow("SESSION_SECRET must be set");
    const config = readConfig({ ...env, ...SECRET });
    expect([config.host, config.trustProxy, config.publicOrigins.length]).toEqual(["0.0.0.0", 1, 1]);
  });

  it("gives balancers more time than they take to notice, and systemd more than that", () => {
    const { drainS } = readConfig({ ...envIn(read("parkbench.env")), ...SECRET });
    const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1]);
    const [inter, fall] = [/inter (\d+)ms/, /fall (\d+)/].map((one) => number(read("haproxy.cfg"), one));
    expect((drainS / 4) * 1000).toBeGreaterThan(Number(inter) * Number(fall));
    expect((drainS / 4) * 3).toBeGreaterThan(number(read("nginx.conf"), /keepalive_timeout (\d+)s/));
    expect(number(UNIT, /^TimeoutStopSec=(\d+)$/m)).toBeGreaterThan(drainS + 10);
  });
});

describe("parkbench@.service", () => {
  /** Section, key, value; as systemd takes a file apart. */
  const settings = () => {
    let section = "";
    return UNIT.split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .flatMap((line) => {
        const head = /^\[(\w+)\]$/.exec(line)?.[1];
        if (head) section = head;
        return head ? [] : [[section, ...(/^(\w+)=(.*)$/.exec(line)?.slice(1) ?? [line])]];
      });
  };

  it("has three sections of settings, starts the program itself, and leaves it what it needs", () => {
    expect(settings().filter(({ length }) => length !== 3)).toEqual([]);
    expect(new Set(settings().map(([section]) => section))).toEqual(new Set(["Unit", "Service", "Install"]));
    const one = (key: string) => settings().filter(([, name]) => name === key)[0]?.[2];
    expect(one("ExecStart")).toBe("/usr/bin/node dist/server.js");
    expect(one("Environment")).toBe("PORT=%i");
    // For PostgreSQL next to it, and between workers.
    expect(one("RestrictAddressFamilies")?.split(" ")).toContain("AF_UNIX");
    // For a SQLite file, where parkbench.env says that it may be.
    expect([one("ProtectSystem"), one("StateDirectory")]).toEqual(["strict", "parkbench"]);
    expect(read("parkbench.env")).toContain("/var/lib/parkbench/");
    // Node compiles while it runs.
    expect(one("MemoryDenyWriteExecute")).toBeUndefined();
  });

  // Where it is not installed this is no skipped test: it is not there.
  if (tools.systemdAnalyze)
    it("is what systemd can read, and a slip of the pen is not", () => {
      expect(verified(UNIT)).toBe("");
      expect(verified(UNIT.replace("NoNewPrivileges=", "NoNewPriviliges="))).toContain("NoNewPriviliges");
      expect(verified(UNIT.replace("Type=exec", "Type=exce"))).toContain("exce");
    });

  /** What systemd finds wrong with a unit. */
  function verified(unit: string): string {
    const folder = makeFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "parkbench@3000.service");
    writeFileSync(file, unit.replace("/usr/bin/node", process.execPath));
    const { stdout, stderr } = spawnSync(tools.systemdAnalyze ?? "", ["verify", "--man=no", file], {
      encoding: "utf8",
    });
    // What is wrong with units of the machine that this is.
    return `${stdout}${stderr}`
      .split("\n")
      .filter((line) => line.includes("parkbench"))
      .join("\n");
  }
});

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly build?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, object>>;
  readonly healthcheck?: object;
  readonly stop_grace_period?: string;
}

describe("compose.yaml", () => {
  const parsed = parseYaml(read("compose.yaml")) as unknown as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, null>>;
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

  it("has no setting that compose does not know", () => {
    const keys = new Set(Object.values(services).flatMap((service) => Object.keys(service)));
    const compose =
      "build depends_on environment healthcheck image ports restart stop_grace_period volumes".split(" ");
    expect([...keys].filter((key) => !compose.includes(key))).toEqual([]);
    const checks = Object.values(services).flatMap(({ healthcheck }) => healthcheck ?? []);
    expect(checks).toHaveLength(4);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["test", "interval", "timeout", "retries"]);
  });
});

describe("Dockerfile", () => {
  it("takes along all that the package is made of, and starts the program itself", () => {
    const text = read("Dockerfile");
    const { files, engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const copied = [...text.matchAll(/^COPY --from=build \S+\/(\S+) \S+$/gm)].map(([, name]) => name);
    const run: string[] = files.filter((name: string) => /^(dist|migrations|public|views)$/.test(name));
    expect(copied.toSorted()).toEqual([...run, "node_modules", "package.json"].toSorted());
    expect(text).toMatch(/^CMD \["node", "dist\/server.js"\]$/m);
    const node = [...text.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => Number(major));
    expect(Math.min(...node)).toBeGreaterThanOrEqual(Number(/\d+/.exec(engines.node)?.[0]));
  });
});

describe("nginx and haproxy", () => {
  // That they run with it is shown by the tests beside this one; this is that a slip of the pen is found at all.
  it.skipIf(!tools.haproxy)("haproxy takes its file, and one with a slip of the pen it does not", () => {
    const file = read("haproxy.cfg").replaceAll(/(server chat\d) chat\d:/g, "$1 127.0.0.1:");
    const folder = makeFolder();
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const check = (text: string) => {
      writeFileSync(join(folder, "conf"), text);
      return execFileSync(tools.haproxy ?? "", ["-c", "-f", join(folder, "conf")], { stdio: "pipe" });
    };
    check(file);
    expect(() => check(file.replace("redispatch", "redispach"))).toThrow("redispach");
  });
});
