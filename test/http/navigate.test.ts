/** POST /page: the forms that stand for links where no link may carry the session. */
import { afterEach, describe, expect, it } from "vitest";
import { Cookieless, formsIn } from "../support/cookieless.js";
import { messagesIn, problemIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { rowsOf, standalone } from "../support/standalone.js";
import { until } from "../support/until.js";
import { benchOf, nobodyWaits, send } from "../support/waiting.js";

const app = standalone();
const bench = () => benchOf(app());

afterEach(() => nobodyWaits(bench()));

async function inLobby(name: string): Promise<Cookieless> {
  const person = new Cookieless(app().url);
  await person.enter(name);
  await person.press("Lobby");
  expect(person.answer.status).toBe(200);
  return person;
}

const say = (text: string, room = "lobby") => app().chat.send({ room, text });
const page = (form: Record<string, string>) => call(`${app().url}/page`, { form: { page: "1", ...form } });

describe("POST /page without a sealed session", () => {
  it.each([
    [{}, "/"],
    [{ room: "lobby" }, "/rooms/lobby"],
    [{ room: "lobby", before: "7" }, "/rooms/lobby?before=7"],
    [{ room: "lobby", wait: "1", since: "3-abcd" }, "/rooms/lobby/wait?since=3-abcd"],
    [{ room: "lobby", wait: "1" }, "/rooms/lobby/wait"],
    [{ room: "//elsewhere.example" }, "/rooms/%2F%2Felsewhere.example"],
    [{ room: "lobby", sealed: "" }, "/rooms/lobby"],
  ] as const)("%j goes on to %s", async (form, location) => {
    const answer = await page(form);
    expect([answer.status, answer.headers.location]).toEqual([303, location]);
  });

  it.each([
    [{ room: "lobby", before: "x\r\ny" }, "before"],
    [{ room: "lobby", wait: "1", since: "&" }, "since"],
  ] as const)("%j is refused, and says why", async (form, name) => {
    const answer = await page(form);
    expect([answer.status, problemIn(answer.text)]).toEqual([400, expect.stringContaining(`"${name}"`)]);
  });

  it("takes POST alone", async () => {
    expect((await call(`${app().url}/page`)).status).toBe(405);
  });
});

describe("the buttons of a page with a sealed session", () => {
  it("lead to every older message, and back to the newest", async () => {
    for (let n = 1; n <= 60; n++) await say(`line ${n}`);
    const ana = await inLobby("Ana");
    expect(messagesIn(ana.text)).toHaveLength(50);
    await ana.press("Older messages");
    expect(messagesIn(ana.text).at(-1)).toBe("line 1");
    expect(messagesIn(ana.text)).toHaveLength(10);
    await ana.press("Newest messages");
    expect(messagesIn(ana.text)[0]).toBe("line 60");
  });

  it("wait for the next message of the room, while one elsewhere keeps them waiting", async () => {
    app().db.prepare("INSERT INTO rooms (name, title) VALUES ('garden', 'Garden')").run();
    const bo = await inLobby("Bo");
    const waited = bo.press("Wait for new messages");
    await until(() => bench().parked() === 1, "Bo to wait");
    await say("not for the lobby", "garden");
    expect(bench().parked()).toBe(1);
    await say("for the lobby");
    expect((await waited).status).toBe(200);
    expect(messagesIn(bo.text)[0]).toBe("for the lobby");
    expect(messagesIn(bo.text)).not.toContain("not for the lobby");
    expect(bo.text).toContain("Message as");
  });

  it("do not wait where something is new already, nor with a cursor that means nothing here", async () => {
    const cy = await inLobby("Cy");
    await say("before the button");
    await cy.press("Wait for new messages");
    expect(messagesIn(cy.text)[0]).toBe("before the button");
    await cy.press("Wait for new messages", { since: "3-other" });
    expect(cy.answer.status).toBe(200);
  });

  it("leave nobody behind when the browser goes", async () => {
    const dee = await inLobby("Dee");
    const form = formsIn(dee.text).find(({ button }) => button === "Wait for new messages");
    const waiting = send(bench(), form?.action ?? "", { form: form?.fields ?? {} });
    await until(() => bench().parked() === 1, "Dee to wait");
    waiting.leave();
    await nobodyWaits(bench());
  });

  it("change nothing in the database", async () => {
    const eve = await inLobby("Eve");
    const tables = () =>
      (["messages", "sessions", "users", "control"] as const).map((name) => rowsOf(app(), name));
    const before = tables();
    for (const button of ["Reload now", "All rooms", "Lobby"]) await eve.press(button);
    expect(tables()).toEqual(before);
  });
});
