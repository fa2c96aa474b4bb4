/** A minute of torture: processes on one file, killed, stopped, frozen and cut off under writers and readers. */
import { describe } from "vitest";
import { tortured } from "./tortured.js";

describe("guarantees 1, 2, 3, 4, 6: all of them hold in", () => {
  tortured("three processes on one file behind faulty hops", { seconds: 42, processes: 3, what: "all" });
  // The next start finds the file as the only process has left it.
  tortured("one process that is killed and killed", { seconds: 14, processes: 1, what: "kill" });
  tortured("one process whose workers are killed, one by one and with it", {
    ...{ seconds: 10, processes: 1, workers: 2, what: "kill" },
  });
});
