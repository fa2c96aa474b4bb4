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
  /** The leader may not read these rooms: who wants them reads alone. */
  isRefused?: boolean;
}

export interface Bus {
  /** Speaks to all other tabs. */
  say(word: Word): void;
  close(): void;
}

export function bus(name: string, hear: (word: Word) => void): Bus {
  var key = "bus:" + name;
  var said = 0;
  if (window.BroadcastChannel) {
    var channel = new window.BroadcastChannel(PREFIX + key);
    channel.onmessage = function (event) {
      hear(event.data);
    };
    return {
      say: function (word) {
        channel.postMessage(word);
      },
      close: function () {
        channel.close();
      }
    };
  }
  var isClosed = false;
  on(window, "storage", function (event) {
    var value = (event as StorageEvent).newValue;
    if (!isClosed && (event as StorageEvent).key === PREFIX + key && value)
      hear((parse(value) as [number, Word])[1]);
  });
  return {
    say: function (word) {
      // Storage keeps quiet about a value that is the same as before.
      keep("localStorage", key, JSON.stringify([++said + Math.random(), word]));
    },
    close: function () {
      isClosed = true;
    }
  };
}
