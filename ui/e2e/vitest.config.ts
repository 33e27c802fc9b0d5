import { defineConfig } from "vitest/config";

/** What is run: the tests, or where the script says so the pictures or the measures. */
const { TIDEMILL_SCREENSHOTS: pictures, TIDEMILL_MEASURES: numbers } = process.env;
const files = pictures ? "screenshots.ts" : numbers ? "measure.ts" : "*.spec.ts";

// Real browsers on a real program: one file at a time, with time to start both.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    environment: "node",
    include: [files],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000, interval: 40 } },
  },
});
