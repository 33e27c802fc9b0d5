// What the durations of two runs say.

import type { Comparison } from "../api/types";
import { duration } from "../parts/format";
import { STATES } from "../parts/states";

/** Durations that are nearer than this are the same: a machine is never equally busy twice. */
const NOISE_MS = 100;
const NOISE_SHARE = 0.05;

/** How much longer the right one took; null: the same, or not both known. */
export function longer(left: number | null | undefined, right: number | null | undefined): number | null {
  if (left == null || right == null) return null;
  const by = right - left;
  return Math.abs(by) < Math.max(NOISE_MS, NOISE_SHARE * Math.max(left, right)) ? null : by;
}

/** `+0:35`, `−1.2 s` */
export function signed(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms))}`;
}

type Task = Comparison["tasks"][number];

/** How a task ended on one side, in words. */
export function ending(side: Task["left"]): string {
  return side === null ? "not there" : STATES[side.state].word.toLowerCase();
}

/** What stands in one sentence over the comparison, and the tasks that say why. */
export function verdict({ left, right, tasks }: Comparison): { first: string; rest: string[] } {
  const by = longer(left.duration_ms, right.duration_ms);
  const rest = tasks
    .map((task) => ({ path: task.path, by: longer(task.left?.duration_ms, task.right?.duration_ms) ?? 0 }))
    .filter((task) => task.by !== 0)
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by))
    .slice(0, 3)
    .map((task) => `${task.path} ${signed(task.by)}`);
  const ended = tasks.filter((task) => task.left?.state !== task.right?.state).slice(0, 3);
  rest.push(...ended.map((task) => `${task.path} was ${ending(task.left)}, is ${ending(task.right)}`));
  return { first: sentence(left.name, right.name, left.state === right.state, by), rest };
}

function sentence(left: string, right: string, sameEnd: boolean, by: number | null): string {
  const time =
    by === null
      ? `${right} took as long as ${left}`
      : `${right} took ${duration(Math.abs(by))} ${by > 0 ? "longer" : "less"}`;
  return sameEnd ? `${time}.` : `${time}, and ended differently.`;
}
