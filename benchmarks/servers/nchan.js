/** nchan: long polling in C inside nginx, one worker, messages in memory. */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { openFilesMax } from "../machine/accounting.js";

const MODULES = [
  "/usr/lib/nginx/modules/ngx_nchan_module.so",
  "/usr/lib64/nginx/modules/ngx_nchan_module.so",
];
const PROGRAMS = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
const CONNECTIONS_MAX = 60_000;

/** @type {import("./index.js").Peer} */
export const nchan = {
  name: "nchan",
  label: "nchan (nginx, C)",
  protocol: "nchan",
  command: (port, dir) => ({
    command: PROGRAMS.find(existsSync),
    args: ["-p", dir, "-e", `${dir}/error.log`, "-c", `${dir}/nginx.conf`],
    files: { "nginx.conf": config(port, dir) },
  }),
  missing: () =>
    MODULES.some(existsSync) && PROGRAMS.some(existsSync)
      ? null
      : "not installed; on Debian and Ubuntu: apt-get install nginx libnginx-mod-nchan",
};

/** Every path is in `dir`: the defaults need the rights of root. */
function config(port, dir) {
  const { uid, username } = userInfo();
  const files = Math.min(openFilesMax(), CONNECTIONS_MAX);
  return `load_module ${MODULES.find(existsSync)};
${uid === 0 ? `user ${username};` : ""}
worker_processes 1;
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
worker_rlimit_nofile ${files};
events { worker_connections ${files - 100}; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  nchan_shared_memory_size 256m;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /sub {
      nchan_subscriber longpoll;
      nchan_channel_id $arg_id;
      nchan_subscriber_first_message newest;
      nchan_longpoll_multipart_response off;
    }
    location = /pub {
      nchan_publisher;
      nchan_channel_id $arg_id;
      nchan_message_buffer_length 100;
    }
  }
}
`;
}
