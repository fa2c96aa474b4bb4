/** Many who are woken at once: each gets everything once and in order, and others get in between. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answersIn } from "../support/raw-answers.js";
import { openRaw, type RawSocket, rawGet } from "../support/raw-socket.js";
import { standalone } from "../support/standalone.js";
import { until } from "../support/until.js";

const READERS = 1500;
/** Of whom so many are looked at closely. */
const FOLLOWED = 100;
const app = standalone();
const readers: RawSocket[] = [];
let other: RawSocket;

beforeAll(async () => {
  for (let n = 0; n < READERS; n++) readers.push(await openRaw(app().port));
  other = await openRaw(app().port);
});
afterAll(() => {
  for (const reader of [...readers, other]) reader.reset();
});

const parked = () =>
  until(
    () => app().chat.tail.parked === READERS,
    () => `${app().chat.tail.parked} of ${READERS} parked`,
  );
const ask = (since: number) => {
  for (const reader of readers) reader.write(rawGet(`/poll?since=${since}&wait=45`));
};
const reached = (text: string) => readers.filter((reader) => reader.received().includes(text)).length;

describe(`a message to ${READERS} parked readers`, () => {
  it("lets a send through that comes meanwhile: it is answered before the last reader has the message", async () => {
    ask(await app().chat.store.log.newest());
    await parked();
    const { id } = await app().chat.send({ room: "lobby", text: "to all" });
    await until(() => reached("to all") > 0, "the first delivery");
    const body = JSON.stringify({ room: "lobby", name: "Bo", text: "in between" });
    other.write(
      `POST /send HTTP/1.1\r\nHost: chat\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => other.received().includes("HTTP/1.1 201"), "the acknowledgement");
    expect(reached("to all")).toBeLessThan(READERS);
    await until(() => reached("to all") === READERS, "the last delivery");
    ask(id);
    await until(() => reached("in between") === READERS, "the second message");
  });

  it("comes to each once and in order, however fast one follows another", async () => {
    const from = await app().chat.store.log.newest();
    const texts = ["first", "second", "third"].map((word) => `the ${word} of three`);
    ask(from);
    await parked();
    await Promise.all(texts.map((text) => app().chat.send({ room: "lobby", text })));
    for (const reader of readers.slice(0, FOLLOWED)) {
      await follow(reader, "the third of three");
      expect(textsOf(reader).slice(-3)).toEqual(texts);
    }
  });
});

/** Asks on from where the last answer ended until it has the text. */
async function follow(reader: RawSocket, text: string): Promise<void> {
  await until(() => reader.received().includes("of three"), "the first of three");
  while (!reader.received().includes(text)) {
    const { length } = answersIn(reader.received());
    const next = /.*"next":"(\d+)/s.exec(reader.received())?.[1];
    reader.write(rawGet(`/poll?since=${next}&wait=45`));
    await until(() => answersIn(reader.received()).length > length, "one more answer");
  }
}

function textsOf(reader: RawSocket): readonly string[] {
  return answersIn(reader.received()).flatMap(({ body }) => {
    const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly text: string }[] };
    return messages.map(({ text }) => text);
  });
}
