import { expect, test } from "vitest";
import { linesOf, taskAt } from "./lines";

const TEXT = `name: a
tasks:
  one:
    shell: |
      echo

      echo

  group:
    tasks:
      inner:
        value: 1

  last: { value: 2 }
output: 3
`;
const NODES = [
  { task: 0, line: 3 },
  { task: 1, line: 9 },
  { task: 2, line: 11 },
  { task: 3, line: 14 },
];

test("a task's lines end before the next, without the empty ones", () => {
  expect([0, 1, 2, 3].map((task) => linesOf(NODES, task, TEXT))).toEqual([
    { from: 3, to: 7 },
    { from: 9, to: 12 },
    { from: 11, to: 12 },
    { from: 14, to: 14 },
  ]);
  expect(linesOf(NODES, 9, TEXT)).toBeNull();
});

test("a line belongs to the innermost task around it, or to none", () => {
  expect([1, 3, 6, 8, 9, 12, 14, 15].map((line) => taskAt(NODES, line, TEXT))).toEqual([
    null,
    0,
    0,
    null,
    1,
    2,
    3,
    null,
  ]);
});
