/** What examples/several-machines cannot be run with here, read by what would read it, or by its rules. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readConfig } from "../../src/config.js";
import { makeFolder } from "../support/server.js";
import { tools } from "../support/tools.js";
import { ROOT, read, SECRET, unknownIn } from "./shipped.js";

const UNIT = read("parkbench@.service");

/** The entries of a file for EnvironmentFile or env_file. */
function envIn(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

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
