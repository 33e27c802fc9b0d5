import { expect, it } from "vitest";
import { tellingRuns } from "./telling";

const said = (newest: string[], whole: string | null, trial: string | null = null) =>
  tellingRuns(newest, whole, trial).map(({ run, isTrial }) => (isTrial ? `trial ${run}` : run));

it("tells of the newest whole run, and over it of what was tried since", () => {
  expect(said(["5", "4", "3", "2"], "3")).toEqual(["trial 5", "trial 4", "3"]);
  expect(said(["5"], "5")).toEqual(["5"]);
});

it("knows every run for a trial where the flow never ran as a whole", () => {
  expect(said(["2", "1"], null)).toEqual(["trial 2", "trial 1"]);
  expect(said([], null)).toEqual([]);
});

it("has this window's trial at once, unless the whole flow ran since", () => {
  expect(said(["5", "3"], "3", "6")).toEqual(["trial 6", "trial 5", "3"]);
  expect(said(["5", "3"], "5", "4")).toEqual(["5"]);
});

it("looks only so far back, but always to the whole run", () => {
  const newest = ["9", "8", "7", "6", "5", "4", "3", "2"];
  expect(said(newest, "1", "9")).toHaveLength(9);
  expect(said(newest, "1").at(-1)).toBe("1");
});
