/** What is said to somebody who asks whether to send the body: yes, where that can be said now. */
import type { Server } from "node:http";

/**
 * Behind another answer on the connection, node would write the 100 between the head and the body of its own answer, and
 * all that follows would be read askew (found by fuzzing, Node 20). Whoever waits for it sends the body after a while, and
 * node closes the connection behind the answer.
 */
export function answerExpectations(server: Server): void {
  server.on("checkContinue", (req, res) => {
    if (res.socket) res.writeContinue();
    server.emit("request", req, res);
  });
}
