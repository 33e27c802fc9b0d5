import { defineConfig } from "vitest/config";

// Real browsers on a real program: one file at a time, with time to start both.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    environment: "node",
    include: [process.env.TIDEMILL_SCREENSHOTS ? "screenshots.ts" : "*.spec.ts"],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000, interval: 40 } },
  },
});
