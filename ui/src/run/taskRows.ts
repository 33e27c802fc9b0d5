// The rows of the task table: task runs, the items of open ones below them, and a row where there are more.

import type { GraphNode, TaskRun, TaskRunList } from "../api/types";

/** Items that are asked for at a time, and at most. */
export const ITEMS = 200;
export const MOST_ITEMS = 5000;

export interface TaskRow {
  task: TaskRun;
  depth: number;
  kind: string;
  /** it has items that can be shown below it */
  folds: "open" | "folded" | null;
  /** instead of a task run: so many of its items are shown, and there are more */
  more: number | null;
}

export function withItems(
  tasks: readonly TaskRun[],
  items: ReadonlyMap<number, TaskRunList>,
  opened: ReadonlyMap<number, number>,
  graph: ReadonlyMap<number, GraphNode>,
  folding: boolean,
): TaskRow[] {
  const rows: TaskRow[] = [];
  const groups = new Set([...graph.values()].map((node) => node.parent));
  const add = (task: TaskRun, extra: number): void => {
    const node = graph.get(task.node);
    const mapped = folding && node?.mapped === true && task.index === null;
    const depth = folding ? depthOf(task, graph) + extra : 0;
    const open = mapped && opened.has(task.number);
    const kind = groups.has(task.node) ? "tasks" : (node?.kind ?? "");
    rows.push({ task, depth, kind, folds: mapped ? (open ? "open" : "folded") : null, more: null });
    const list = open ? items.get(task.number) : undefined;
    if (!list) return;
    for (const item of list.tasks) add(item, extra + 1);
    if (list.next !== null) {
      rows.push({ task, depth: depth + 1, kind, folds: null, more: opened.get(task.number) ?? ITEMS });
    }
  };
  for (const task of folding ? inTreeOrder(tasks) : tasks) add(task, 0);
  return rows;
}

/** What stands in another after it; the list has them in the order in which they came to be. */
function inTreeOrder(tasks: readonly TaskRun[]): TaskRun[] {
  const known = new Set(tasks.map((task) => task.number));
  const children = new Map<number | null, TaskRun[]>();
  for (const task of tasks) {
    const parent = task.parent !== null && known.has(task.parent) ? task.parent : null;
    const list = children.get(parent);
    if (list) list.push(task);
    else children.set(parent, [task]);
  }
  const ordered: TaskRun[] = [];
  const walk = (parent: number | null): void => {
    for (const task of children.get(parent) ?? []) {
      ordered.push(task);
      walk(task.number);
    }
  };
  walk(null);
  return ordered;
}

function depthOf(task: TaskRun, graph: ReadonlyMap<number, GraphNode>): number {
  let depth = 0;
  let node = graph.get(task.node);
  while (node && node.parent !== null && depth < 64) {
    node = graph.get(node.parent);
    depth += 1;
  }
  return depth;
}
