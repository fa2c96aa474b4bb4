/** The balancers of examples/several-machines, with nothing but their addresses exchanged. */
import { readFileSync } from "node:fs";
import { nginxWith, type ProxyConfig } from "./proxy-configs.js";
import { tools } from "./tools.js";

export interface Balancer {
  readonly name: "nginx" | "haproxy";
  /** In front of the servers on these ports of this machine. */
  over(ports: readonly number[]): ProxyConfig;
}

export const BALANCERS: readonly Balancer[] = [
  {
    name: "nginx",
    over: (ports) => nginxWith("nginx", ({ port }) => shipped("nginx.conf", "listen 80;", port, ports)),
  },
  {
    name: "haproxy",
    over: (ports) => ({
      name: "haproxy",
      program: tools.haproxy,
      args: ["-db", "-f", "FOLDER/conf"],
      text: ({ port }) => shipped("haproxy.cfg", "bind :80\n", port, ports),
    }),
  },
];

/** Each address must be there, so that what is tested is what is shipped. */
function shipped(file: string, listens: string, port: number, ports: readonly number[]): string {
  let text = readFileSync(new URL(`../../examples/several-machines/${file}`, import.meta.url), "utf8");
  const exchange = (from: string, to: string) => {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(from, to);
  };
  exchange(listens, listens.replace(/:?80/, `127.0.0.1:${port}`));
  for (const [at, serverPort] of ports.entries()) exchange(`chat${at + 1}:3000`, `127.0.0.1:${serverPort}`);
  return text;
}
