// CPU of a server for each poll that comes back with nothing, of thousands that are parked.
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../hostile/server.js";
import { get, openMany, until } from "../hostile/sockets.js";

const PARKED = 5000;
const WAIT_S = 5;
const IDLE_SECONDS = 20;

/** All wait at the end of a log where nothing happens, and come back as soon as they are answered. */
export async function repolls(folder, say) {
  const server = await startServer({ folder });
  const { next } = await (await fetch(`${server.url}/poll?since=now&wait=0`)).json();
  let answers = 0;
  const ask = (socket) => socket.write(get(`/poll?since=${next}&wait=${WAIT_S}`));
  const sockets = await openMany(server.port, PARKED, (socket) => {
    socket.on("data", () => {
      answers += 1;
      ask(socket);
    });
    ask(socket);
  });
  await until(() => answers > PARKED, "everybody came back once");
  const [before, answersBefore, beganMs] = [await server.measure(), answers, performance.now()];
  await sleep(IDLE_SECONDS * 1000);
  const [after, came] = [await server.measure(), answers - answersBefore];
  const seconds = (performance.now() - beganMs) / 1000;
  say(`an idle poll, ${PARKED} parked, ${Math.round(came / seconds)} a second`, {
    processUs: ((after.cpuMs - before.cpuMs) * 1000) / came,
  });
  for (const socket of sockets) socket.destroy();
  await server.stop();
}
