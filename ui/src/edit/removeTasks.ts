// Tasks taken out of a flow, and what other tasks need of them.

import type { TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { removeNeeds } from "./needs";
import { readersOf } from "./reads";
import { type Task, tasksOf } from "./tasks";
import { pathOfTask, removeAt } from "./value";

export function removeTasks(draft: Draft, paths: readonly TaskPath[]): void {
  const graph = tasksOf(draft.document);
  const tasks = new Set(paths.map((path) => taskAt(draft, path)));
  const isInside = (task: Task | null): boolean =>
    task !== null && (tasks.has(task) || isInside(task.parent));
  const outermost = [...tasks].filter((task) => !isInside(task.parent));
  draft.note(readersOf(draft.document, new Set(outermost)));
  for (const parent of new Set(outermost.map((task) => task.parent))) {
    const names = new Set(outermost.filter((task) => task.parent === parent).map((task) => task.name));
    const left = graph.siblings(parent).filter((task) => !names.has(task.name));
    const needing = left.filter((task) => task.needs.some((need) => names.has(need.name)));
    removeNeeds(
      draft,
      needing.map((task) => task.path),
      names,
    );
    removeAt(draft, [...pathOfTask(parent?.path ?? []), "tasks"], [...names]);
  }
}

export function taskAt(draft: Draft, path: TaskPath): Task {
  const task = path.length === 0 ? null : tasksOf(draft.document).find(path);
  if (!task) throw new Refused("unknown", `there is no task \`${path.join("/")}\``);
  return task;
}
