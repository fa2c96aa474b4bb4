/** Torture on PostgreSQL: processes and the database itself are killed, stopped and cut off under writers and readers. */
import { describe } from "vitest";
import { tools } from "../support/tools.js";
import { tortured } from "./tortured.js";

describe.skipIf(tools.postgres === null)(
  "guarantees 1, 2, 3, 4, 6: on PostgreSQL, all of them hold in",
  () => {
    tortured("three processes on one database behind faulty hops", {
      ...{ store: "postgres", seconds: 25, processes: 3, what: "all" },
    });
    tortured("one process that is killed, as its database is", {
      ...{ store: "postgres", seconds: 9, processes: 1, what: "kill" },
    });
  },
);
