import { expect, test } from "vitest";
import type { RunBar, State } from "../api/types";
import { BASE, bars } from "./strip";

const run = (id: string, state: State, duration_ms: number | null): RunBar => ({
  id,
  name: id,
  state,
  state_type: "completed",
  created_at: "2026-03-26T08:00:00Z",
  started_at: "2026-03-26T08:00:00Z",
  duration_ms,
  message: null,
});

test("the newest stands at the right, and all on the base", () => {
  const drawn = bars([run("new", "Completed", 1000), run("old", "Failed", 500)], 1000, 50, 0);
  expect(drawn.map((bar) => bar.x)).toEqual([392, 384]);
  expect(drawn.every((bar) => bar.y + bar.height === BASE)).toBe(true);
});

test("one run that took all day leaves the others their height", () => {
  const [usual, long] = bars([run("a", "Completed", 1000), run("b", "Completed", 86_400_000)], 1000, 50, 0);
  expect(usual?.height).toBeGreaterThan(14);
  expect(long?.height).toBe(21);
});

test("what goes on is as high as it took so far; skipped is a stub", () => {
  const now = Date.parse("2026-03-26T08:00:01Z");
  const [going, skipped] = bars([run("a", "Running", null), run("b", "Skipped", 0)], 2000, 50, now);
  expect(going?.height).toBe(8);
  expect(skipped?.height).toBe(2);
});
