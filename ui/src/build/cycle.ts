// Which tasks would wait for each other if one more edge were drawn.

import type { TaskPath } from "../edit/document";
import { tasksOf } from "../edit/tasks";
import type { FlowEditor } from "./context";
import { pathOf } from "./editor";

/**
 * The names along the cycle that an edge between two siblings would close, from the first around to it again;
 * `null`: it closes none. What expressions imply is known where the engine has looked at the text as it is.
 */
export function cycleClosed(
  editor: Pick<FlowEditor, "snapshot">,
  { from, to }: { readonly from: TaskPath; readonly to: TaskPath },
): readonly string[] | null {
  const first = from.at(-1);
  const second = to.at(-1);
  if (first === undefined || second === undefined || first === second) return null;
  const next = edgesBeside(editor, from.slice(0, -1));
  // An edge that is there already closes nothing anew.
  if (next.get(first)?.has(second)) return null;
  const way = wayAlong(next, second, first);
  return way && [first, ...way];
}

/** Which siblings follow which, by name. */
function edgesBeside(
  editor: Pick<FlowEditor, "snapshot">,
  group: TaskPath,
): ReadonlyMap<string, ReadonlySet<string>> {
  const { document, graph, reported } = editor.snapshot();
  const next = new Map<string, Set<string>>();
  const add = (from: string, to: string) => next.set(from, (next.get(from) ?? new Set()).add(to));
  const tasks = tasksOf(document);
  for (const task of tasks.siblings(tasks.find(group) ?? null))
    for (const need of task.needs) add(need.name, task.name);
  if (!graph || reported !== document.text) return next;
  const inGroup = new Map(graph.nodes.map(({ task, path }) => [task, nameIn(group, pathOf(path))]));
  for (const edge of graph.edges) {
    const from = inGroup.get(edge.from);
    const to = inGroup.get(edge.to);
    if (from && to && from !== to) add(from, to);
  }
  return next;
}

/** The task of the group that this one is, or stands in. */
function nameIn(group: TaskPath, path: TaskPath): string | undefined {
  return group.every((name, at) => path[at] === name) ? path[group.length] : undefined;
}

/** A shortest way, with both of its ends. */
function wayAlong(
  next: ReadonlyMap<string, ReadonlySet<string>>,
  from: string,
  to: string,
): readonly string[] | null {
  const before = new Map<string, string | null>([[from, null]]);
  for (const name of before.keys()) {
    if (name === to) return backFrom(before, to);
    for (const one of next.get(name) ?? []) if (!before.has(one)) before.set(one, name);
  }
  return null;
}

function backFrom(before: ReadonlyMap<string, string | null>, end: string): readonly string[] {
  const way: string[] = [];
  for (let at: string | null = end; at !== null; at = before.get(at) ?? null) way.unshift(at);
  return way;
}
