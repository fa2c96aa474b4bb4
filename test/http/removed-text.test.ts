/** A removed message is gone from memory before anybody hears that it was removed, whoever removed it. */
import { describe, expect, it } from "vitest";
import { say } from "../support/guest.js";
import { call, pollBody } from "../support/http-client.js";
import { standalone } from "../support/standalone.js";
import { benchOf, park } from "../support/waiting.js";

const app = standalone();

describe("text that another program removes", () => {
  it("comes from no cursor any more once the delete row can be read", async () => {
    await park(benchOf(app()), "/poll?since=now&room=lobby");
    for (let round = 0; round < 30; round++) {
      const id = await say(app().url, "Ana", `a secret ${round}`);
      const before = id - 1;
      expect(await textsSince(`${before}&wait=1`)).toEqual([`a secret ${round}`]);
      const { db } = app();
      db.prepare(
        "INSERT INTO messages (room, author_name, text, kind, ref) VALUES ('lobby', 'Mod', '', 'delete', ?)",
      ).run(id);
      expect(await textsSince(`${id}&wait=0`)).toEqual([""]);
      expect(await textsSince(`${before}&wait=1`)).toEqual(["", ""]);
    }
  });
});

async function textsSince(query: string): Promise<string[]> {
  const { messages } = pollBody(await call(`${app().url}/poll?since=${query}`));
  return messages.map(({ text }) => text);
}
