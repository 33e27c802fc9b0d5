import { expect, test } from "vitest";
import { ago, brief, bytes, count, duration, number, when } from "./format";

test.each([
  [0, "0 ms"],
  [-5, "0 ms"],
  [1_000, "1.0 s"],
  [9_990, "9.9 s"],
  [10_000, "0:10"],
  [252_000, "4:12"],
  [3_600_000, "1:00:00"],
  [3_800_000, "1:03:20"],
  [172_800_000, "2 d 0 h"],
])("a duration of %d ms is %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("how long ago is said in the largest unit that fits", () => {
  expect([59_000, 60_000, 7_200_000, 86_400_000, 172_800_000].map(ago)).toEqual([
    "just now",
    "1 min ago",
    "2 h ago",
    "1 day ago",
    "2 days ago",
  ]);
});

test("a time says no more of its day than is needed", () => {
  const now = new Date(2026, 2, 26, 8, 52);
  expect(when(new Date(2026, 2, 26, 8, 20), now)).toBe("08:20");
  expect(when(new Date(2026, 2, 25, 21, 15), now)).toBe("Wed 21:15");
  expect(when(new Date(2026, 2, 1, 4, 0), now)).toBe("1 Mar 04:00");
  expect(when(new Date(2025, 11, 31, 4, 0), now)).toBe("31 Dec 2025 04:00");
});

test("counts", () => {
  expect(count(1, "run")).toBe("1 run");
  expect(count(0, "entry", "entries")).toBe("0 entries");
  expect(number(100_000)).toBe("100\u202f000");
  expect(bytes(4_600)).toBe("4.6 kB");
  expect(bytes(999)).toBe("999 B");
});

test("a value in one line", () => {
  expect(brief("Oslo")).toBe("Oslo");
  expect(brief({ a: [1, null] })).toBe('{"a":[1,null]}');
  expect(brief(undefined)).toBe("");
});
