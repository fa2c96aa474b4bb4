/** The proxies that the tests start: what is shipped for them, or nothing set, inside Debian's own configuration. */
import { readFileSync } from "node:fs";
import { tools } from "./tools.js";

export interface ProxyConfig {
  readonly name: string;
  readonly program: string | null;
  readonly args: readonly string[];
  /** The whole configuration, which goes into a file `conf` of the folder. */
  text(place: ProxyPlace): string;
}

export interface ProxyPlace {
  readonly folder: string;
  readonly port: number;
  readonly serverPort: number;
}

const isRoot = process.getuid?.() === 0;

/** A shipped file with its two addresses exchanged; each must be there, so that what is tested is what is shipped. */
function shipped(
  file: string,
  listens: string,
  { port, serverPort }: ProxyPlace,
  listensHere = listens.replace(/(\*?:)?80$/, `127.0.0.1:${port}`),
): string {
  let text = readFileSync(new URL(`../../examples/proxies/${file}`, import.meta.url), "utf8");
  for (const [from, to] of [
    [listens, listensHere],
    ["127.0.0.1:3000", `127.0.0.1:${serverPort}`],
  ] as const) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

function nginx(name: string, file: string): ProxyConfig {
  return nginxWith(name, (place) => shipped(file, "listen 80", place));
}

/** A site in Debian's own configuration. */
export function nginxWith(name: string, site: (place: ProxyPlace) => string): ProxyConfig {
  return {
    name,
    program: tools.nginx,
    args: ["-c", "FOLDER/conf", "-e", "FOLDER/log"],
    // What Debian's nginx.conf says in http {}, less the paths.
    text: (place) => `
      ${isRoot ? "user root;" : ""}
      daemon off;
      worker_processes 2;
      pid ${place.folder}/pid;
      events { worker_connections 768; }
      http {
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${place.folder}/${kind};`).join("\n")}
        sendfile on;
        tcp_nopush on;
        types_hash_max_size 2048;
        include /etc/nginx/mime.types;
        default_type application/octet-stream;
        access_log off;
        gzip on;
        ${site(place)}
      }`,
  };
}

/** What Debian's haproxy.cfg says in `defaults`. */
const HAPROXY_DEFAULTS = `
global
    maxconn 2000
defaults
    mode http
    option dontlognull
    timeout connect 5000
    timeout client 50000
    timeout server 50000
`;

const APACHE_MODULES =
  "mpm_event authz_core deflate filter mime reqtimeout setenvif proxy proxy_http proxy_wstunnel headers rewrite";

function apache(name: string, site: (place: ProxyPlace) => string): ProxyConfig {
  return {
    name,
    program: tools.apache,
    args: ["-d", "FOLDER", "-f", "FOLDER/conf", "-D", "FOREGROUND"],
    text: (place) => `
      ServerName localhost
      PidFile ${place.folder}/pid
      ErrorLog ${place.folder}/log
      ${isRoot ? "User www-data\nGroup www-data" : ""}
      Listen 127.0.0.1:${place.port}
      ${APACHE_MODULES.split(" ")
        .map((module) => `LoadModule ${module}_module /usr/lib/apache2/modules/mod_${module}.so`)
        .join("\n")}
      TypesConfig /etc/mime.types
      Timeout 300
      KeepAliveTimeout 5
      Include /etc/apache2/mods-available/mpm_event.conf
      Include /etc/apache2/mods-available/reqtimeout.conf
      Include /etc/apache2/mods-available/deflate.conf
      ${site(place)}`,
  };
}

export const PROXIES: readonly ProxyConfig[] = [
  nginx("nginx, only proxy_pass", "nginx-minimal.conf"),
  nginx("nginx", "nginx.conf"),
  {
    name: "haproxy, Debian's timeouts",
    program: tools.haproxy,
    args: ["-db", "-f", "FOLDER/conf"],
    text: ({ port, serverPort }) => `${HAPROXY_DEFAULTS}
frontend chat
    bind 127.0.0.1:${port}
    default_backend parkbench
backend parkbench
    server parkbench 127.0.0.1:${serverPort}
`,
  },
  {
    name: "haproxy",
    program: tools.haproxy,
    args: ["-db", "-f", "FOLDER/conf"],
    text: (place) => HAPROXY_DEFAULTS + shipped("haproxy.conf", "bind :80", place),
  },
  apache(
    "apache, only ProxyPass",
    ({ port, serverPort }) =>
      `<VirtualHost 127.0.0.1:${port}>\nProxyPass / http://127.0.0.1:${serverPort}/\n</VirtualHost>\n`,
  ),
  apache("apache", (place) => shipped("apache.conf", "<VirtualHost *:80", place)),
  {
    name: "caddy",
    program: tools.caddy,
    args: ["run", "--adapter", "caddyfile", "--config", "FOLDER/conf"],
    // Given an address, and nothing of this, it would make certificates and have the whole system trust them.
    text: (place) =>
      "{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n\tdefault_bind 127.0.0.1\n}\n" +
      shipped("caddy.conf", "\n:80", place, `\n:${place.port}`),
  },
];
