// What is done to a flow on its canvas or in its list of steps: each one edit of the text, with what becomes of
// the places of its tasks.

import { addTask } from "../edit/addTask";
import { duplicateTasks, pasteTasks } from "../edit/clipboard";
import type { FlowDocument, TaskPath } from "../edit/document";
import { type Edit, isRefusal, type Refusal, Refused } from "../edit/draft";
import { removeEdge, setEdge } from "../edit/edge";
import type { JsonMap } from "../edit/json";
import { freeName } from "../edit/name";
import { groupTasks, moveTask, ungroup } from "../edit/regroup";
import { removeTasks } from "../edit/removeTasks";
import { renameTask } from "../edit/renameTask";
import { type Outcome, tasksOf } from "../edit/tasks";
import { removeAt, setAt } from "../edit/value";
import { ownPath } from "../graph/called";
import { GROUP_SIDE, GROUP_TOP } from "../graph/place";
import type { FlowEditor } from "./context";
import { cycleClosed } from "./cycle";
import { pathOf, pathText } from "./editor";
import { isArranged, type Layout, type Position, placed, repathed, without } from "./layout";
import type { Adding } from "./view";

export function parentOf(path: string): string {
  return pathText(pathOf(path).slice(0, -1));
}

export function nameOf(path: string): string {
  return pathOf(path).at(-1) ?? "";
}

/** The paths without those that stand in another one of them. */
export function outermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)));
}

/** Whether the text says that the task is a group. */
export function isGroup(document: FlowDocument, path: string): boolean {
  return tasksOf(document).find(pathOf(path))?.isGroup ?? false;
}

/** Adds a task, behind what it waits for or what is selected; its path, `null`: it was refused. */
export function addTaskFor(
  editor: FlowEditor,
  { from, at, group }: Adding,
  name: string,
  body: JsonMap,
): string | null {
  const { document, selection } = editor.snapshot();
  const beside = from?.path ?? lastOwn(selection);
  const into = group ?? groupFor(document, from === null, beside);
  const siblings = document.tasksIn(pathOf(into))?.entries.map((entry) => entry.name) ?? [];
  const free = freeName(name, new Set(siblings));
  const needs = from && parentOf(from.path) === into ? needsOf(nameOf(from.path), from.on) : {};
  const after = beside !== null && parentOf(beside) === into ? nameOf(beside) : undefined;
  const place = { group: pathOf(into), ...(after === undefined ? {} : { after }) };
  const outcome = editor.edit(
    (draft) => addTask(draft, place, { name: free, body: { ...needs, ...body } }),
    (layout) =>
      at && isArranged(layout.positions) ? placed(layout, new Map([[inside(into, free), at]])) : layout,
  );
  return isRefusal(outcome) ? null : inside(into, free);
}

function needsOf(name: string, on: Outcome): JsonMap {
  return { needs: on === "succeeded" ? [name] : { [name]: on } };
}

export function inside(group: string, name: string): string {
  return group === "" ? name : `${group}/${name}`;
}

/** The task of the flow that was selected last; of what a called flow has, the task that calls it. */
function lastOwn(selection: readonly string[]): string | null {
  const last = selection.at(-1);
  return last === undefined ? null : ownPath(last);
}

/** Into a selected group, else beside the selected task. */
function groupFor(document: FlowDocument, intoGroups: boolean, beside: string | null): string {
  if (beside === null) return "";
  return intoGroups && isGroup(document, beside) ? beside : parentOf(beside);
}

export function removeSelected(editor: FlowEditor): void {
  const paths = outermost(editor.snapshot().selection);
  editor.edit(
    (draft) => removeTasks(draft, paths.map(pathOf)),
    (layout) => without(layout, paths),
  );
}

/** Gives a task another name; what came of it. */
export function rename(editor: FlowEditor, path: string, name: string): Edit | Refusal {
  return editor.edit(
    (draft) => renameTask(draft, pathOf(path), name),
    (layout) => repathed(layout, path, inside(parentOf(path), name)),
  );
}

/** How far from its original a copy stands. */
const BESIDE = 24;

export function duplicate(editor: FlowEditor): void {
  const paths = outermost(editor.snapshot().selection);
  editor.edit(
    (draft) => duplicateTasks(draft, paths.map(pathOf)),
    (layout, edit) => besideOriginals(layout, paths, edit),
  );
}

function besideOriginals(layout: Layout, paths: readonly string[], { tasks }: Edit): Layout {
  const moved = new Map<string, Position | null>();
  for (const [at, copy] of tasks.entries()) {
    const original = layout.positions[paths[at] ?? ""];
    if (original) moved.set(pathText(copy), { x: original.x + BESIDE, y: original.y + BESIDE });
  }
  return moved.size === 0 ? layout : placed(layout, moved);
}

/** Puts in tasks from text, beside what is selected. */
export function paste(editor: FlowEditor, text: string): void {
  const { document, selection } = editor.snapshot();
  const beside = lastOwn(selection);
  const into = groupFor(document, true, beside);
  const after = beside !== null && parentOf(beside) === into ? nameOf(beside) : undefined;
  const place = { group: pathOf(into), ...(after === undefined ? {} : { after }) };
  editor.edit((draft) => pasteTasks(draft, place, text));
}

/** Puts the selected tasks into a new group; its path. */
export function groupSelected(editor: FlowEditor): string | null {
  const { document, selection } = editor.snapshot();
  const paths = outermost(selection);
  const into = parentOf(paths[0] ?? "");
  const siblings = document.tasksIn(pathOf(into))?.entries.map((entry) => entry.name) ?? [];
  const name = freeName("group", new Set(siblings));
  const group = inside(into, name);
  const outcome = editor.edit(
    (draft) => groupTasks(draft, paths.map(pathOf), name),
    (layout) => groupedLayout(layout, paths, group),
  );
  return isRefusal(outcome) ? null : group;
}

/** The tasks stay where they are; the group comes to stand around them. */
function groupedLayout(layout: Layout, paths: readonly string[], group: string): Layout {
  const known = paths.flatMap((path) => layout.positions[path] ?? []);
  if (known.length === 0) return layout;
  const origin = {
    x: Math.min(...known.map(({ x }) => x)) - GROUP_SIDE,
    y: Math.min(...known.map(({ y }) => y)) - GROUP_TOP,
  };
  let next = layout;
  const moved = new Map<string, Position | null>([[group, origin]]);
  for (const path of paths) {
    const position = layout.positions[path];
    const now = inside(group, nameOf(path));
    next = repathed(next, path, now);
    if (position) moved.set(now, { x: position.x - origin.x, y: position.y - origin.y });
  }
  return placed(next, moved);
}

export function ungroupSelected(editor: FlowEditor): void {
  const { document, selection } = editor.snapshot();
  const groups = outermost(selection).filter((path) => isGroup(document, path));
  editor.edit(
    (draft) => {
      for (const group of groups) ungroup(draft, pathOf(group));
    },
    (layout) => groups.reduce((next, group) => ungroupedLayout(next, group, document), layout),
  );
}

function ungroupedLayout(layout: Layout, group: string, document: FlowDocument): Layout {
  const origin = layout.positions[group];
  const names = document.tasksIn(pathOf(group))?.entries.map((entry) => entry.name) ?? [];
  let next = layout;
  const moved = new Map<string, Position | null>();
  for (const name of names) {
    const path = inside(group, name);
    const now = inside(parentOf(group), name);
    const position = layout.positions[path];
    next = repathed(next, path, now);
    if (origin && position) moved.set(now, { x: position.x + origin.x, y: position.y + origin.y });
  }
  return placed(without(next, [group]), moved);
}

/** Where everything stands before tasks are moved, and where these stand after it. */
export interface Standing {
  readonly before: Layout["positions"];
  readonly after: ReadonlyMap<string, Position | null>;
}

/** Moves tasks into a group, or out of one; whether it could be done. */
export function moveInto(
  editor: FlowEditor,
  paths: readonly string[],
  group: string,
  standing: Standing | null = null,
): boolean {
  const outcome = editor.edit(
    (draft) => {
      for (const path of paths) moveTask(draft, pathOf(path), { group: pathOf(group) });
    },
    (layout) => {
      const before = standing
        ? { ...layout, positions: { ...layout.positions, ...standing.before } }
        : layout;
      const moved = paths.reduce((next, path) => repathed(next, path, inside(group, nameOf(path))), before);
      // Elsewhere its old place means nothing.
      const lost = paths.map((path) => [inside(group, nameOf(path)), null] as const);
      return isArranged(moved.positions) ? placed(moved, standing?.after ?? new Map(lost)) : moved;
    },
  );
  return !isRefusal(outcome);
}

/** Moves a task one place up or down in the file, within its group. */
export function reorder(editor: FlowEditor, path: string, by: -1 | 1): void {
  const { document } = editor.snapshot();
  const group = pathOf(parentOf(path));
  const names = document.tasksIn(group)?.entries.map((entry) => entry.name) ?? [];
  const at = names.indexOf(nameOf(path));
  const after = by < 0 ? (names[at - 2] ?? null) : names[at + 1];
  if (after === undefined || (by < 0 && at <= 0)) return;
  editor.edit((draft) => moveTask(draft, pathOf(path), { group, after }));
}

/** The two siblings that an edge between these tasks leads between: themselves, or the groups around them. */
export function edgeEnds(from: TaskPath, to: TaskPath): { from: TaskPath; to: TaskPath } {
  let same = 0;
  while (same < Math.min(from.length, to.length) - 1 && from[same] === to[same]) same += 1;
  return { from: from.slice(0, same + 1), to: to.slice(0, same + 1) };
}

/** Draws an edge, or changes its outcome; whether it could be done. */
export function connect(editor: FlowEditor, from: string, to: string, on: Outcome): boolean {
  const ends = edgeEnds(pathOf(from), pathOf(to));
  const cycle = cycleClosed(editor, ends);
  const outcome = editor.edit((draft) => {
    if (cycle) throw new Refused("cycle", saidOfCycle(cycle));
    setEdge(draft, ends, on);
  });
  return !isRefusal(outcome);
}

function saidOfCycle(cycle: readonly string[]): string {
  const along = cycle.map((name) => `\`${name}\``).join(" → ");
  return `\`${cycle[1]}\` cannot wait for \`${cycle[0]}\`: each would wait for the other, along ${along}`;
}

/** Whether an edge between these tasks would make tasks wait for each other. */
export function closesCycle(editor: FlowEditor, from: string, to: string): boolean {
  return cycleClosed(editor, edgeEnds(pathOf(from), pathOf(to))) !== null;
}

export function disconnect(editor: FlowEditor, from: string, to: string): boolean {
  const ends = { from: pathOf(from), to: pathOf(to) };
  return !isRefusal(editor.edit((draft) => removeEdge(draft, ends)));
}

/** One task run for each item of what the task waits for, or one for all. */
export function setMapped(editor: FlowEditor, path: string, mapped: boolean): void {
  const task = tasksOf(editor.snapshot().document).find(pathOf(path));
  const source = task?.needs[0]?.name;
  const at = pathOf(path).flatMap((name) => ["tasks", name]);
  editor.edit((draft) => {
    if (mapped) setAt(draft, [...at, "for_each"], source ? `{{ tasks.${source}.output }}` : []);
    else removeAt(draft, at, ["for_each", "matrix", "concurrency", "fail_fast"]);
  });
}
