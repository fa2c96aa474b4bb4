import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/needs.ts", "test/support/shared-postgres.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Two cores on the machines that run this: more workers only make real servers and browsers late.
    maxWorkers: 2,
  },
});
