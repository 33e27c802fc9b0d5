import { describe, expect, it } from "vitest";
import type { Comparison, DiffLine, Run } from "../api/types";
import { hunksOf } from "./hunks";
import { longer, signed, verdict } from "./lengths";
import { differences } from "./values";

describe("two values", () => {
  it("differ place by place", () => {
    const left = { max: 1, rows: [{ city: "Oslo", temp: 5 }, 2], gone: true };
    const right = { max: 1, rows: [{ city: "Oslo", temp: 7.5 }, 2, 3], come: null };
    expect(differences(left, right)).toEqual({
      more: false,
      list: [
        { place: "rows[0].temp", left: 5, right: 7.5, by: 2.5 },
        { place: "rows[2]", left: undefined, right: 3, by: null },
        { place: "gone", left: true, right: undefined, by: null },
        { place: "come", left: undefined, right: null, by: null },
      ],
    });
  });

  it("are the same", () => {
    expect(differences({ a: [1, { b: "x" }], c: [] }, { a: [1, { b: "x" }], c: [] }).list).toEqual([]);
    expect(differences(null, null).list).toEqual([]);
  });

  it("of different kinds differ as a whole", () => {
    expect(differences({ a: 1 }, [1]).list).toHaveLength(1);
    expect(differences("text", { a: 1 }).list[0]).toMatchObject({ place: "" });
  });

  it("are not looked through without end", () => {
    const left = Array.from({ length: 100_000 }, (_, at) => at);
    const right = left.map((one) => one + 1);
    expect(differences(left, right)).toMatchObject({ list: { length: 200 }, more: true });
  });

  it("may have names that every object knows", () => {
    const found = differences(JSON.parse('{"toString": 1}'), { constructor: 2 }).list;
    expect(found.map((one) => one.place)).toEqual(["toString", "constructor"]);
    expect(found[0]?.right).toBeUndefined();
  });
});

describe("two durations", () => {
  it("are the same where they are near", () => {
    expect(longer(1000, 1050)).toBeNull();
    expect(longer(60_000, 62_000)).toBeNull();
    expect(longer(1000, 3500)).toBe(2500);
    expect(longer(null, 5)).toBeNull();
    expect(signed(-35_000)).toBe("−0:35");
  });

  it("are told in a sentence", () => {
    const run = (name: string, state: string, duration_ms: number) => ({ name, state, duration_ms }) as Run;
    const side = (state: string, duration_ms: number) => ({ state, duration_ms });
    const comparison = {
      left: run("slow-tide", "Completed", 278_000),
      right: run("quiet-ferry", "Failed", 334_000),
      tasks: [
        { path: "fetch", left: side("Completed", 105_000), right: side("Completed", 140_000) },
        { path: "load", left: side("Completed", 10), right: side("Failed", 20) },
      ],
    } as Comparison;
    expect(verdict(comparison)).toEqual({
      first: "quiet-ferry took 0:56 longer, and ended differently.",
      rest: ["fetch +0:35", "load was completed, is failed"],
    });
  });
});

describe("lines of a difference", () => {
  const same = (at: number): DiffLine => ({ kind: "same", left: at, right: at, text: `line ${at}` });
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => same(from + at));

  it("are folded where they are the same, but for some around a change", () => {
    const lines: DiffLine[] = [
      ...range(1, 20),
      { kind: "added", left: null, right: 21, text: "new" },
      ...range(22, 26),
    ];
    const told = hunksOf(lines, 3).map((hunk) =>
      hunk.kind === "folded" ? hunk.count : hunk.lines.map((line) => line.right),
    );
    expect(told).toEqual([17, [18, 19, 20, 21, 22, 23, 24], 2]);
    expect(hunksOf(lines, Number.POSITIVE_INFINITY)).toHaveLength(1);
    expect(hunksOf([], 3)).toEqual([]);
  });
});
