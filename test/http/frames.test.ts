/** The room in two frames, and its form as a page of its own. */
import { describe, expect, it } from "vitest";
import { Cookieless } from "../support/cookieless.js";
import { elementsIn, fieldIn, linkIn, messagesIn, problemIn } from "../support/html.js";
import { call } from "../support/http-client.js";
import { signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();
const get = (path: string, headers: Record<string, string> = {}) => call(app().url + path, { headers });

describe("the frames page", () => {
  it("holds the form and the live messages in frames with titles, and links to both beside them", async () => {
    await app().chat.send({ room: "lobby", text: "before" });
    const { status, text } = await get("/rooms/lobby/frames");
    expect(status).toBe(200);
    const frames = elementsIn(text).filter(({ tag }) => tag === "iframe");
    expect(frames.map(({ attributes }) => [attributes.title, attributes.src])).toEqual([
      ["Write a message", "/rooms/lobby/write"],
      ["Live messages", expect.stringMatching(/^\/rooms\/lobby\/live\?since=\d+-\w+$/)],
    ]);
    expect(linkIn(text, "Write a message")).toBe(frames[0]?.attributes.src);
    expect(linkIn(text, "Live messages")).toBe(frames[1]?.attributes.src);
    expect(linkIn(text, "Wait for new messages")).toMatch(/^\/rooms\/lobby\/wait\?since=/);
    expect(text).not.toMatch(/<script|style=|<style/);
  });

  it("is linked from the room, for who can have it, and is not there for a room that is not", async () => {
    const { text } = await get("/rooms/lobby");
    expect(linkIn(text, "Write and read side by side")).toBe("/rooms/lobby/frames");
    for (const path of ["/rooms/nowhere/frames", "/rooms/nowhere/write"])
      expect((await get(path)).status).toBe(404);
    for (const path of ["/rooms/lobby/frames", "/rooms/lobby/write"])
      expect((await call(app().url + path, { form: {} })).status).toBe(405);
  });

  it("is not offered to a session that no frame's address can carry", async () => {
    const person = new Cookieless(app().url);
    await person.enter("Ana");
    await person.press("Lobby");
    expect(person.text).not.toContain("side by side");
    expect(person.text).toContain("Message as");
  });
});

describe("the form's own page", () => {
  it("shows the form and no message; a send leads back to it, at a new address, and it says so", async () => {
    const { cookie } = await signIn(app().url, "Bo");
    const write = await get("/rooms/lobby/write", { cookie });
    expect([messagesIn(write.text), write.text.includes("Sent.")]).toEqual([[], false]);
    const fields = Object.fromEntries(
      ["page", "room", "nonce", "token", "view"].map((name) => [name, fieldIn(write.text, name) ?? ""]),
    );
    const sent = await call(`${app().url}/send`, {
      form: { ...fields, text: "from the frame" },
      headers: { cookie },
    });
    expect([sent.status, sent.headers.location]).toEqual([
      303,
      expect.stringMatching(/^\/rooms\/lobby\/write\?m=\d+$/),
    ]);
    const next = await get(sent.headers.location ?? "", { cookie });
    expect([next.text.includes("Sent."), fieldIn(next.text, "text")]).toEqual([true, ""]);
    expect(messagesIn((await get("/rooms/lobby")).text)[0]).toBe("from the frame");
  });

  it("is shown again for an error, with what was typed and the same nonce, and stores nothing", async () => {
    const rows = countOf(app(), "messages");
    const form = { page: "1", view: "write", room: "lobby", name: "admin", text: "kept", nonce: "n-1" };
    const { status, text } = await call(`${app().url}/send`, { form });
    expect([status, fieldIn(text, "text"), fieldIn(text, "name"), fieldIn(text, "nonce")]).toEqual([
      400,
      "kept",
      "admin",
      "n-1",
    ]);
    expect([fieldIn(text, "view"), messagesIn(text)]).toEqual(["write", []]);
    expect(problemIn(text)).toContain("reserved");
    expect(countOf(app(), "messages")).toBe(rows);
    const nowhere = await call(`${app().url}/send`, { form: { ...form, room: "nowhere" } });
    expect(nowhere.status).toBe(404);
    expect(elementsIn(nowhere.text).map(({ attributes }) => attributes.value)).toContain("kept");
  });

  it("works without cookies, too", async () => {
    const person = new Cookieless(app().url);
    await person.enter("Cy");
    await person.press("Lobby");
    await person.press("Send", { text: "without cookies", view: "write" });
    expect([person.answer.status, person.text.includes("Sent."), messagesIn(person.text)]).toEqual([
      200,
      true,
      [],
    ]);
    await person.press("Read the room");
    expect(messagesIn(person.text)[0]).toBe("without cookies");
  });
});
