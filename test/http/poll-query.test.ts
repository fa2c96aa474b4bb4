/** What a poll's address asks for, remembered while many come with the same one. */
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { PollAddresses } from "../../src/http/poll-query.js";

const WAIT_S = 25;
const at = (url: string) => ({ url, headers: {} }) as IncomingMessage;

describe("polls with one address", () => {
  it("share what it asks for; another address asks for something else", () => {
    const addresses = new PollAddresses(WAIT_S);
    const first = addresses.of(at("/poll?since=7-abcd&room=lobby"));
    expect(first).toMatchObject({ since: { id: 7, epoch: "abcd" }, rooms: ["lobby"], waitS: WAIT_S });
    expect(addresses.of(at("/poll?since=7-abcd&room=lobby"))).toBe(first);
    expect(addresses.of(at("/poll?since=8-abcd&room=lobby"))).toMatchObject({ since: { id: 8 } });
  });

  it("are told what is wrong with it each time", () => {
    const addresses = new PollAddresses(WAIT_S);
    for (let time = 0; time < 2; time++)
      expect(() => addresses.of(at("/poll?since=seven"))).toThrowError(
        expect.objectContaining({ code: "bad_since" }),
      );
  });

  it("share it also where each begins with a key of its own, which is no other's", () => {
    const addresses = new PollAddresses(WAIT_S);
    const [ana, ben] = [7, 8].map((n) => addresses.of(at(`/poll?client=k${n}p&_=${n}&since=5&room=lobby`)));
    expect(ana).toEqual({ ...ben, client: "k7p" });
    expect([ana?.rooms === ben?.rooms, ben?.client]).toEqual([true, "k8p"]);
    expect(addresses.of(at("/poll?since=5&room=lobby")).client).toBe(null);
  });

  it("are refused where they give two keys", () => {
    const addresses = new PollAddresses(WAIT_S);
    expect(() => addresses.of(at("/poll?client=a&since=5&client=b"))).toThrowError(
      expect.objectContaining({ code: "bad_client" }),
    );
  });

  it("of one client alone, or of very many rooms, are not remembered", () => {
    const addresses = new PollAddresses(WAIT_S);
    for (const url of [
      "/poll?since=7&client=mine",
      `/poll?since=7&room=${"r".repeat(60)}${"&room=lobby".repeat(14)}`,
    ])
      expect(addresses.of(at(url))).not.toBe(addresses.of(at(url)));
  });

  it("are forgotten when there are too many different ones", () => {
    const addresses = new PollAddresses(WAIT_S);
    const first = addresses.of(at("/poll?since=0"));
    for (let id = 1; id <= 100; id++) addresses.of(at(`/poll?since=${id}`));
    expect(addresses.of(at("/poll?since=0"))).not.toBe(first);
  });
});
