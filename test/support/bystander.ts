/** Somebody who polls while others misbehave: for each test, nothing reaches him but what is said afterwards. */
import { afterEach, beforeEach, expect } from "vitest";
import { countOf, type Standalone } from "./standalone.js";
import { benchOf, nobodyWaits, park, type Waiting } from "./waiting.js";

/** Each test of the file must leave the chat as it was: no row more, nobody disturbed, nobody left behind. */
export function withBystander(app: () => Standalone): void {
  let rows = 0;
  let bystander: Waiting;
  beforeEach(async () => {
    rows = countOf(app(), "messages");
    bystander = await park(benchOf(app()), "/poll?since=now");
  });
  afterEach(async () => {
    expect(countOf(app(), "messages"), "rows").toBe(rows);
    expect(bystander.isAnswered(), "the bystander was answered").toBe(false);
    const { id } = await app().chat.send({ room: "lobby", text: "all is well" });
    expect((await bystander.body).messages.map((message) => message.id)).toEqual([id]);
    await nobodyWaits(benchOf(app()));
  });
}
