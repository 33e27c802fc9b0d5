import { expect, test } from "vitest";
import type { Box, Places } from "./place";
import { AT_ONCE, taken } from "./usePaced";

function placed(tasks: number, x: number): Places {
  const boxes = new Map<number, Box>();
  for (let task = 0; task < tasks; task += 1) boxes.set(task, { x, y: task, width: 10, height: 10 });
  return { boxes, routes: new Map() };
}

test("many tasks come a few at a time, in their order", () => {
  const to = placed(3 * AT_ONCE, 1);
  const first = taken({ from: new Map(), to, count: AT_ONCE });
  expect([...first.boxes.keys()]).toEqual([...to.boxes.keys()].slice(0, AT_ONCE));
  expect(taken({ from: new Map(), to, count: 3 * AT_ONCE })).toBe(to);
});

test("those that move later stand where they stood", () => {
  const to = placed(3 * AT_ONCE, 1);
  const { boxes } = taken({ from: placed(3 * AT_ONCE, 0).boxes, to, count: AT_ONCE });
  expect(boxes.size).toBe(3 * AT_ONCE);
  expect(boxes.get(AT_ONCE - 1)?.x).toBe(1);
  expect(boxes.get(AT_ONCE)?.x).toBe(0);
});

test("few tasks, and another graph's, come at once", () => {
  const few = placed(AT_ONCE, 1);
  expect(taken({ from: new Map(), to: few, count: AT_ONCE })).toBe(few);
  const folded = placed(2 * AT_ONCE, 1);
  expect(taken({ from: placed(3 * AT_ONCE, 0).boxes, to: folded, count: AT_ONCE })).toBe(folded);
});
