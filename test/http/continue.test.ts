/** Expect: 100-continue: said at once, or not at all, and never in the middle of an answer. */
import { expect, test } from "vitest";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, rawGet, sendParts } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";

const app = standalone();
const EXPECT = "Expect: 100-continue";

test("behind another answer it is not said, and both answers are whole", async () => {
  const socket = await openRaw(app().port);
  socket.write(rawGet("/rooms/nowhere") + rawGet("/rooms/lobby", EXPECT));
  // Node closes behind it: a body, if there is one, could be taken for a request.
  await socket.gone;
  const answers = answersIn(socket.received());
  expect(answers.map(({ status }) => status)).toEqual([404, 200]);
  expect(answers[1]?.body).toMatch(/^<!DOCTYPE html>.*<\/html>\s*$/s);
  expect(socket.received().endsWith(answers[1]?.body ?? "none")).toBe(true);
});

test("negative twin: who is first on the connection is told to go on, and its send is stored", async () => {
  const socket = await openRaw(app().port);
  const [head, last] = sendParts({ name: "Ana", text: "after the 100" });
  const [lines = "", body = ""] = head.split("\r\n\r\n");
  socket.write(`${lines}\r\n${EXPECT}\r\n\r\n`);
  await socket.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  socket.write(body + last);
  await socket.until(/HTTP\/1\.1 201 Created/);
  socket.end();
});

test("a send behind another request is stored, whose body comes without the 100", async () => {
  const socket = await openRaw(app().port);
  const [head, last] = sendParts({ name: "Ana", text: "without the 100" });
  socket.write(rawGet("/rooms/nowhere") + head.replace("Host: chat", `Host: chat\r\n${EXPECT}`));
  socket.write(last);
  await socket.until(/HTTP\/1\.1 201 Created/);
  socket.end();
});
