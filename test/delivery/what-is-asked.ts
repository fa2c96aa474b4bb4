/** The promises about what a reader asks for, where its transport can: no echo, several rooms. */
import { expect } from "vitest";
import { signIn } from "../support/member.js";
import { turn } from "../support/turn.js";
import { idOf } from "./reader.js";
import { hasAll, type Promised, reading } from "./reading.js";
import { OTHER_ROOM } from "./scene.js";

export const NO_ECHO: Readonly<Record<string, Promised>> = {
  "has no echo with echo=0, and moves over it; everybody else's rows come": async (scene, transport) => {
    const member = await signIn(scene.url, `Echo ${++people}`);
    const from = await scene.end();
    await scene.sendAs(member);
    await scene.send();
    await scene.sendAs(member);
    const own = { member, echo: false };
    await reading(
      scene,
      transport,
      from,
      async (reader) => {
        await hasAll(scene, reader, from, { but: member.user.id });
        const [behind] = (await scene.slice(from)).slice(-1);
        if (transport.tellsCursor)
          await scene.until(
            () => idOf(reader.cursor) === behind?.id,
            () => reader.describe(),
          );
        await scene.waiting(1);
        const ends = reader.ends.length;
        await scene.sendAs(member);
        for (let n = 0; n < 10; n++) await turn();
        await scene.waiting(1);
        expect(reader.ends.length, "answers to nothing but an echo").toBe(ends);
        await scene.send();
        await scene.sendAs(member);
        await scene.send();
        await hasAll(scene, reader, from, { but: member.user.id });
      },
      own,
    );
    const others = await scene.slice(from, ["lobby"], member.user.id);
    expect((await scene.slice(from)).length - others.length).toBe(4);
    // The same session, with its echo; and nobody's, for whom echo=0 means nothing.
    for (const who of [{ member }, { echo: false }])
      await reading(scene, transport, from, (reader) => hasAll(scene, reader, from), who);
  },
};

export const SEVERAL_ROOMS: Readonly<Record<string, Promised>> = {
  "reads several rooms in the order of the log": async (scene, transport) => {
    const rooms = ["lobby", OTHER_ROOM];
    const from = await scene.end();
    for (let n = 0; n < 6; n++) await scene.insert(1, rooms[n % 2]);
    await reading(
      scene,
      transport,
      from,
      async (reader) => {
        await scene.waiting(1);
        for (let n = 0; n < 6; n++) await scene.send(rooms[n % 2]);
        await hasAll(scene, reader, from, { rooms });
      },
      { rooms },
    );
  },
};

let people = 0;
