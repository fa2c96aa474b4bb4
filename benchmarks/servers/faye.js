/** faye with long polling only: Bayeux channels, published to from inside the server. */
import { createServer } from "node:http";
import faye from "faye";
import { sendsInto } from "./sends.js";

// As long as a browser may be parked: none of the polls ends while something is measured.
const bayeux = new faye.NodeAdapter({ mount: "/faye", timeout: 3_600 });
const server = createServer();
bayeux.attach(server);
sendsInto(server, (row) => void bayeux.getClient().publish(`/${row.room}`, row));
server.keepAliveTimeout = 75_000;
server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
