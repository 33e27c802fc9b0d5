// Tasks that come to stand in another group, or none: what they need and read, and who needs and reads them,
// follows. What cannot be kept is refused.

import { indexAt, insertTasks, isSpaced, type TaskPlace } from "./addTask";
import { insertParts, type NewPart, removeParts } from "./collection";
import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { extentOf } from "./extent";
import { columnOf } from "./lines";
import { checkName } from "./name";
import { changeNeeds, needsValue } from "./needs";
import { checkReads, readersOf } from "./reads";
import { relink } from "./relink";
import { taskAt } from "./removeTasks";
import { checkCycles, reroute, type Wanted } from "./reroute";
import type { Splice } from "./splice";
import { Arrangement, type Spot } from "./spot";
import { type Task, tasksOf } from "./tasks";
import type { MapNode } from "./tree";
import { pathOfTask, removeAt } from "./value";
import { below, entryLines, inline, keyText } from "./writer";
import { writtenTask } from "./written";

/** Puts siblings into a new group, which comes to stand where the first of them stood. */
export function groupTasks(draft: Draft, paths: readonly TaskPath[], name: string): void {
  const before = draft.document;
  const members = siblingsOf(draft, paths);
  const parent = members[0]?.parent ?? null;
  const scope = parent?.path ?? [];
  checkName(before, scope, name);
  const arrangement = new Arrangement(tasksOf(before));
  const group = arrangement.addGroup(name, parent && arrangement.at(parent));
  for (const member of members) arrangement.move(member, group);
  const wanted = follow(draft, arrangement, members);
  const names = new Set(members.map((member) => member.name));
  insertGroup(draft, scope, names, name, wanted.get(group) ?? new Map());
  finish(draft, before, arrangement, [[...scope, name]]);
}

/** Siblings in the order of the file. */
function siblingsOf(draft: Draft, paths: readonly TaskPath[]): Task[] {
  const tasks = paths.map((path) => taskAt(draft, path));
  const first = tasks[0];
  if (!first) throw new Refused("unknown", "no task is selected");
  if (tasks.some((task) => task.parent !== first.parent)) {
    throw new Refused("cannot-keep", "the tasks do not stand in one group");
  }
  return tasksOf(draft.document)
    .siblings(first.parent)
    .filter((task) => tasks.includes(task));
}

/** Needs and expressions for the new places, written while everything still stands in the old ones. */
function follow(draft: Draft, arrangement: Arrangement, moved: readonly Task[]): Wanted {
  const { document } = draft;
  const wanted = reroute(arrangement);
  checkCycles(arrangement, wanted);
  draft.note(readersOf(document, new Set(moved)).filter((note) => note.kind === "code"));
  draft.splice(relink(document, arrangement));
  for (const [{ task }, needs] of wanted) {
    if (!task) continue;
    const gone = task.needs.map((need) => need.name).filter((name) => !needs.has(name));
    if (gone.length === 0 && task.needs.length === needs.size) continue;
    const old = new Map(task.needs.map(({ name, on }) => [name, on]));
    changeNeeds(draft, task.path, { remove: new Set(gone), set: needs }, old);
  }
  return wanted;
}

function insertGroup(
  draft: Draft,
  scope: TaskPath,
  names: ReadonlySet<string>,
  name: string,
  needs: ReadonlyMap<string, "succeeded" | "failed" | "finished">,
): void {
  const { document } = draft;
  const tasks = document.tasksIn(scope);
  if (!tasks) throw new Refused("unknown", "there are no tasks");
  const members = tasks.entries.filter((entry) => names.has(entry.name));
  const parts = members.map((entry) => writtenTask(document, [...scope, entry.name]));
  const spaced = isSpaced(document, scope, tasks) && parts.length > 1;
  const [first = 0, ...others] = tasks.entries.flatMap((entry, at) => (names.has(entry.name) ? [at] : []));
  const part = groupPart(document, name, needs, parts, spaced);
  const removed = others.length === 0 ? [] : removeParts(document, tasks, new Set(others));
  draft.splice([replacePart(document, tasks, first, [part], false), ...removed]);
}

function groupPart(
  { style }: FlowDocument,
  name: string,
  needs: ReadonlyMap<string, "succeeded" | "failed" | "finished">,
  parts: readonly NewPart[],
  spaced: boolean,
): NewPart {
  const key = keyText(name, style);
  const value = needsValue(needs);
  return {
    inline: () => {
      const head = needs.size === 0 ? "" : `needs: ${inline(value, style)}, `;
      const inner = `{${style.inBraces}${parts.map((part) => part.inline()).join(", ")}${style.inBraces}}`;
      return `${key}: {${style.inBraces}${head}tasks: ${inner}${style.inBraces}}`;
    },
    lines: (column) => {
      const inside = column + style.indent;
      const head = needs.size === 0 ? [] : entryLines("needs", below(value, inside, style), inside, style);
      const blocks = parts.map((part) => part.lines(inside + style.indent));
      return [
        `${" ".repeat(column)}${key}:`,
        ...head,
        `${" ".repeat(inside)}tasks:`,
        ...blocks.flatMap((lines, at) => (spaced && at > 0 ? ["", ...lines] : lines)),
      ];
    },
  };
}

/** Takes a group apart: its tasks come to stand where it stood. */
export function ungroup(draft: Draft, path: TaskPath): void {
  const before = draft.document;
  const group = taskAt(draft, path);
  const scope = path.slice(0, -1);
  checkPlain(before, group);
  const arrangement = new Arrangement(tasksOf(before), group);
  for (const member of group.inner) checkName(before, scope, member.name, new Set([group.name]));
  follow(draft, arrangement, [group]);
  insertMembers(draft, path);
  const named = group.inner.map((member) => [...scope, member.name]);
  finish(draft, before, arrangement, named);
}

/** What a group says beyond its tasks and its needs would be lost. */
function checkPlain(document: FlowDocument, group: Task): void {
  if (!group.isGroup) throw new Refused("unknown", `\`${group.name}\` is no group`);
  if (group.inner.length === 0) throw new Refused("cannot-keep", `\`${group.name}\` has no tasks`);
  const others = group.keys.filter((key) => !["tasks", "needs", "join"].includes(key));
  const joins = group.joinsAny && group.needs.length > 1 ? ["join"] : [];
  const key = document.task(group.path)?.key;
  if (others.length + joins.length > 0) {
    const keys = [...others, ...joins].map((one) => `\`${one}\``).join(", ");
    throw new Refused(
      "cannot-keep",
      `the group \`${group.name}\` has ${keys}, which its tasks cannot have each`,
      key ? [key] : [],
    );
  }
}

function insertMembers(draft: Draft, path: TaskPath): void {
  const { document } = draft;
  const scope = path.slice(0, -1);
  const tasks = document.tasksIn(scope);
  const inner = document.tasksIn(path);
  const index = tasks?.entries.findIndex((entry) => entry.name === path.at(-1)) ?? -1;
  if (!tasks || !inner || index < 0) throw new Refused("unknown", `there is no group \`${path.join("/")}\``);
  const comments = commentsOf(document, path);
  const count = inner.entries.length;
  const parts = inner.entries.map((entry, at) =>
    writtenTask(
      document,
      [...path, entry.name],
      at === 0 ? comments.above : [],
      at === count - 1 ? comments.below : [],
    ),
  );
  draft.splice([replacePart(document, tasks, index, parts, isSpaced(document, scope, tasks))]);
}

/** Tasks in the place of one, with its lines. */
function replacePart(
  { text, style }: FlowDocument,
  tasks: MapNode,
  index: number,
  parts: readonly NewPart[],
  spaced: boolean,
): Splice {
  const entry = tasks.entries[index];
  const extent = extentOf(text, tasks, index);
  if (!entry || !extent) throw new RangeError(`no task ${index}`);
  if (tasks.flow) {
    const insert = parts.map((part) => part.inline()).join(", ");
    return { from: entry.start, to: entry.value.to, insert };
  }
  const blocks = parts.map((part) => part.lines(columnOf(text, entry.start)));
  const lines = blocks.flatMap((block, at) => (spaced && at > 0 ? ["", ...block] : block));
  const end = /\n$/.test(text.slice(0, extent.to)) ? style.lineBreak : "";
  return { from: extent.lead, to: extent.to, insert: lines.join(style.lineBreak) + end };
}

/** Comments of the lines that go with the group. */
function commentsOf(document: FlowDocument, path: TaskPath): { above: string[]; below: string[] } {
  const { text } = document;
  const tasks = document.tasksIn(path.slice(0, -1));
  const inner = document.tasksIn(path);
  const index = tasks?.entries.findIndex((entry) => entry.name === path.at(-1)) ?? -1;
  if (!tasks || !inner || tasks.flow || inner.flow || index < 0) return { above: [], below: [] };
  const whole = extentOf(text, tasks, index);
  const first = extentOf(text, inner, 0);
  const last = extentOf(text, inner, inner.entries.length - 1);
  if (!whole || !first || !last) return { above: [], below: [] };
  return {
    above: commentsIn(text.slice(whole.lead, first.lead)),
    below: commentsIn(text.slice(last.to, whole.to)),
  };
}

/** In these lines stand only names: a `#` begins a comment. */
function commentsIn(lines: string): string[] {
  return [...lines.matchAll(/(?:^|[ \t])(#[^\r\n]*)/gm)].map((match) => match[1] ?? "");
}

/** Moves a task to another place in its group, to another group, or out of one. */
export function moveTask(draft: Draft, path: TaskPath, place: TaskPlace): void {
  const before = draft.document;
  const task = taskAt(draft, path);
  const to = place.group.length === 0 ? null : taskAt(draft, place.group);
  if (to && path.every((name, at) => place.group[at] === name)) {
    throw new Refused("cycle", `\`${task.name}\` cannot stand inside of itself`);
  }
  if (to && !to.isGroup) throw new Refused("unknown", `\`${to.name}\` is no group`);
  if (to === task.parent) {
    reorder(draft, path, place);
    return;
  }
  checkName(before, place.group, task.name);
  const arrangement = new Arrangement(tasksOf(before));
  arrangement.move(task, to && arrangement.at(to));
  follow(draft, arrangement, [task]);
  insertTasks(draft, place, [writtenTask(draft.document, path)]);
  removeAt(draft, [...pathOfTask(path.slice(0, -1)), "tasks"], [task.name]);
  finish(draft, before, arrangement, [[...place.group, task.name]]);
}

function reorder(draft: Draft, path: TaskPath, { group, after }: TaskPlace): void {
  const { document } = draft;
  const tasks = document.tasksIn(group);
  const name = path.at(-1);
  if (!tasks) throw new Refused("unknown", "there are no tasks");
  const index = tasks.entries.findIndex((entry) => entry.name === name);
  const to = indexAt(tasks, after);
  if (to === index || to === index + 1) return;
  const part = writtenTask(document, path);
  const inserted = insertParts(document, tasks, to, [part], isSpaced(document, group, tasks));
  draft.splice([...inserted, ...removeParts(document, tasks, new Set([index]))]);
}

function finish(
  draft: Draft,
  before: FlowDocument,
  arrangement: Arrangement,
  named: readonly TaskPath[],
): void {
  const places = new Map(
    arrangement.graph.all.map((task) => [task.path.join("/"), placeOf(arrangement, task)]),
  );
  checkReads(before, draft.document, null, (path) => places.get(path.join("/")) ?? null);
  draft.name(...named);
}

function placeOf(arrangement: Arrangement, task: Task): TaskPath | null {
  if (task === arrangement.dissolved) return null;
  const spot: Spot = arrangement.at(task);
  return spot.path;
}
