/** The programs that some tests need, and where they are on this machine. */
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { postgresPrograms } from "./postgres.js";

const PYTHON_PACKAGES = "/usr/lib/python3/dist-packages";

function find(...names: string[]): string | null {
  // Debian leaves the folder of servers out of a plain user's PATH.
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"]) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {}
    }
  }
  return null;
}

/** Programs whose tests run where they are found; nobody has to have them, not even the continuous integration. */
export const WELCOME: ReadonlySet<string> = new Set(["apache", "caddy", "systemdAnalyze"]);

/** A path, or null where the program is not installed: tests that need it are then skipped, and said to be. */
export const tools = {
  chromium: find("chromium", "chromium-browser", "google-chrome"),
  firefox: find("firefox-esr", "firefox"),
  /** The system's Python, where it has Debian's binding of QtWebKit; another Python in PATH would not see it. */
  qtwebkit: existsSync(`${PYTHON_PACKAGES}/PyQt5/QtWebKitWidgets.abi3.so`) ? "/usr/bin/python3" : null,
  w3m: find("w3m"),
  lynx: find("lynx"),
  links: find("links2"),
  tmux: find("tmux"),
  /** A terminal whose bytes can be read; the one of BSD and macOS takes other options. */
  script: process.platform === "linux" ? find("script") : null,
  sqlite3: find("sqlite3"),
  curl: find("curl"),
  nginx: find("nginx"),
  haproxy: find("haproxy"),
  apache: find("apache2"),
  caddy: find("caddy"),
  /** The folder of the server's programs, which Debian leaves out of everybody's PATH. */
  postgres: postgresPrograms(),
  pgbouncer: find("pgbouncer"),
  systemdAnalyze: find("systemd-analyze"),
  /** A C compiler with the system's headers, on Linux: for the library that shows what a power cut leaves. */
  cc: process.platform === "linux" && existsSync("/usr/include/stdio.h") ? find("cc", "gcc") : null,
  /** Mounting a small file system, for the disk-full tests, takes root on Linux. */
  mount: process.getuid?.() === 0 ? find("mount") : null,
} as const;

export const HOW_TO_GET: Readonly<Record<keyof typeof tools, string>> = {
  chromium: "apt-get install chromium",
  firefox: "apt-get install firefox-esr",
  qtwebkit: "apt-get install python3-pyqt5.qtwebkit",
  w3m: "apt-get install w3m",
  lynx: "apt-get install lynx",
  links: "apt-get install links2",
  tmux: "apt-get install tmux",
  script: "apt-get install bsdutils",
  sqlite3: "apt-get install sqlite3",
  curl: "apt-get install curl",
  nginx: "apt-get install nginx",
  haproxy: "apt-get install haproxy",
  apache: "apt-get install apache2",
  caddy: "apt-get install caddy",
  postgres: "apt-get install postgresql",
  pgbouncer: "apt-get install pgbouncer",
  systemdAnalyze: "apt-get install systemd",
  cc: "apt-get install gcc libc6-dev",
  mount: "run the tests as root on Linux",
};
