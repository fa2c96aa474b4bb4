/** A retried send is recognised by its author and nonce: one row, one id, whatever changed in between. */
import { describe, expect, it } from "vitest";
import { makeRoom } from "../support/guest.js";
import { call, codeOf, idOf, pollBody } from "../support/http-client.js";
import { type Member, signIn } from "../support/member.js";
import { countOf, standalone } from "../support/standalone.js";

const app = standalone();

function say(fields: Record<string, string>, member?: Member) {
  const form = member ? { ...fields, token: member.token } : fields;
  return call(`${app().url}/send`, { form, headers: member ? { cookie: member.cookie } : {} });
}

/** Sends twice; the two answers, and how many rows were added. */
async function twice(first: Record<string, string>, second: Record<string, string>, member?: Member) {
  const rows = countOf(app(), "messages");
  const answers = [await say(first, member), await say(second, member)] as const;
  return {
    answers,
    ids: answers.map(idOf),
    statuses: answers.map(({ status }) => status),
    added: countOf(app(), "messages") - rows,
  };
}

const hi = { room: "lobby", name: "Ana", text: "hi" };

describe("the same nonce again", () => {
  it("with the same content is answered 200 with the first id, and adds nothing", async () => {
    const { answers, ids, statuses, added } = await twice({ ...hi, nonce: "n1" }, { ...hi, nonce: "n1" });
    expect([statuses, added]).toEqual([[201, 200], 1]);
    expect(ids[1]).toBe(ids[0]);
    expect(JSON.parse(answers[1].text)).toEqual(JSON.parse(answers[0].text));
  });

  it("of a member likewise", async () => {
    const bo = await signIn(app().url, "Bo");
    const { statuses, added } = await twice({ text: "hi", nonce: "n1" }, { text: "hi", nonce: "n1" }, bo);
    expect([statuses, added]).toEqual([[201, 200], 1]);
  });

  it("twice at the same time is one row", async () => {
    const rows = countOf(app(), "messages");
    const answers = await Promise.all(Array.from({ length: 10 }, () => say({ ...hi, nonce: "n-at-once" })));
    expect(countOf(app(), "messages") - rows).toBe(1);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it.each([
    ["text", { text: "something else" }],
    ["room", { room: "yard" }],
  ])("with another %s is a conflict: 409, and the first stays as it was", async (what, other) => {
    if (what === "room") await makeRoom(app().url, "Maker", "yard", "The yard");
    const nonce = `n-other-${what}`;
    const { answers, statuses, added } = await twice({ ...hi, nonce }, { ...hi, ...other, nonce });
    expect([statuses, codeOf(answers[1]), added]).toEqual([[201, 409], "nonce_reused", 1]);
    const again = await say({ ...hi, nonce });
    expect([again.status, idOf(again)]).toEqual([200, idOf(answers[0])]);
  });

  it("is in what readers get, so that senders know their own", async () => {
    const { ids } = await twice({ ...hi, nonce: "n-public" }, { ...hi, nonce: "n-public" });
    const { messages } = pollBody(await call(`${app().url}/poll?since=${(ids[0] ?? 0) - 1}`));
    expect(messages.map(({ id, nonce }) => [id, nonce])).toEqual([[ids[0], "n-public"]]);
  });

  it("is no reason to refuse what has none", async () => {
    const { statuses, added } = await twice(hi, hi);
    expect([statuses, added]).toEqual([[201, 201], 2]);
  });
});

describe("whose nonce it is", () => {
  it.each(["ANA", "ana", "Ａｎａ", " Ana "])("Ana's is also that of %j: one name", async (name) => {
    const nonce = `n-${Buffer.from(name).toString("hex")}`;
    const { statuses, added } = await twice({ ...hi, nonce }, { ...hi, name, nonce });
    expect([statuses, added]).toEqual([[201, 200], 1]);
  });

  it("another name's is another", async () => {
    const { statuses, added } = await twice(
      { ...hi, nonce: "n-shared" },
      { ...hi, name: "Cleo", nonce: "n-shared" },
    );
    expect([statuses, added]).toEqual([[201, 201], 2]);
  });

  it("a member's is not that of a passer-by who had the same name, nor another member's", async () => {
    const before = await say({ ...hi, name: "Dora", nonce: "n-dora" });
    const dora = await signIn(app().url, "Dora");
    const emil = await signIn(app().url, "Emil");
    const asMember = await say({ text: "hi", nonce: "n-dora" }, dora);
    const asOther = await say({ text: "hi", nonce: "n-dora" }, emil);
    expect([before, asMember, asOther].map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set([before, asMember, asOther].map(idOf)).size).toBe(3);
  });

  it("a member's stays theirs over a rename", async () => {
    const frida = await signIn(app().url, "Frida");
    const first = await say({ text: "hi", nonce: "n-frida" }, frida);
    const renamed = await call(`${app().url}/session`, {
      form: { name: "Frieda", token: frida.token },
      headers: { cookie: frida.cookie },
    });
    expect(renamed.status).toBe(201);
    const cookie = (renamed.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
    const retried = await say({ text: "hi", nonce: "n-frida" }, { ...frida, cookie });
    expect([retried.status, idOf(retried)]).toEqual([200, idOf(first)]);
  });
});

describe("a retry whose first answer was lost", () => {
  it("is recognised though somebody holds the name by now; a new send under it is not", async () => {
    const first = await say({ ...hi, name: "Gerd", nonce: "n-gerd" });
    await signIn(app().url, "Gerd");
    const retried = await say({ ...hi, name: "Gerd", nonce: "n-gerd" });
    expect([retried.status, idOf(retried)]).toEqual([200, idOf(first)]);
    const fresh = await say({ ...hi, name: "Gerd", nonce: "n-gerd-2" });
    expect([fresh.status, codeOf(fresh)]).toEqual([409, "name_taken"]);
  });

  it.each(["a passer-by's", "a member's"])(
    "%s is recognised though its room has been closed since; a new send into it is not",
    async (whose) => {
      const member = whose === "a member's" ? await signIn(app().url, "Hilde") : undefined;
      const room = member ? "cellar" : "attic";
      await makeRoom(app().url, `Maker of the ${room}`, room, "To be closed");
      const first = await say({ ...hi, room, nonce: "n-closed" }, member);
      app().db.prepare("UPDATE rooms SET closed = 1 WHERE name = ?").run(room);
      const retried = await say({ ...hi, room, nonce: "n-closed" }, member);
      expect([retried.status, idOf(retried)]).toEqual([200, idOf(first)]);
      expect(codeOf(await say({ ...hi, room, nonce: "n-closed-2" }, member))).toBe("room_closed");
    },
  );
});
