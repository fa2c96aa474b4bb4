/** What the tabs of one chat say to each other. */
import { parse } from "./json.js";
import { keep, PREFIX } from "./kept.js";
import type { Batch } from "./message.js";
import { on } from "./on.js";
import type { Skipped } from "./rungs.js";

export interface Word {
  /** A tab wants these rooms after this cursor; else the leader has read them after it. */
  isWish?: boolean;
  rooms: string[];
  since: string;
  batch?: Batch;
  transport?: string;
  skipped?: Skipped;
  /** The leader has lost its connection. */
  lost?: string;
  /** There is a new leader: who wants anything must ask again. */
  isNew?: boolean;
  /** The leader cannot read for all: each for itself. */
  isOff?: boolean;
}

/** Returns how to speak to all other tabs. */
export function bus(name: string, hear: (word: Word) => void): (word: Word) => void {
  var key = "bus:" + name;
  var said = 0;
  if (window.BroadcastChannel) {
    var channel = new window.BroadcastChannel(PREFIX + key);
    channel.onmessage = function (event) {
      hear(event.data);
    };
    return function (word) {
      channel.postMessage(word);
    };
  }
  on(window, "storage", function (event) {
    var value = (event as StorageEvent).newValue;
    if ((event as StorageEvent).key === PREFIX + key && value) hear((parse(value) as [number, Word])[1]);
  });
  return function (word) {
    // Storage keeps quiet about a value that is the same as before.
    keep("localStorage", key, JSON.stringify([++said + Math.random(), word]));
  };
}
