// A task put into a flow or a group.

import { insertParts, linesAt, type NewPart } from "./collection";
import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { blankBefore, extentOf } from "./extent";
import type { JsonMap } from "./json";
import { checkName } from "./name";
import { checkReads } from "./reads";
import { replaceWritten } from "./replace";
import type { MapNode } from "./tree";
import { pathOfTask, slotAt } from "./value";
import { inline, keyText, taskLines } from "./writer";

/** Where tasks go. */
export interface TaskPlace {
  /** the group; empty: the flow */
  readonly group: TaskPath;
  /** the task that they come behind; `null`: first; without: last */
  readonly after?: string | null;
}

export interface NewTask {
  readonly name: string;
  /** its kind and options, in the order in which they are written */
  readonly body: JsonMap;
}

export function addTask(draft: Draft, place: TaskPlace, { name, body }: NewTask): void {
  const before = draft.document;
  checkName(before, place.group, name);
  insertTasks(draft, place, [newTask(before, name, body)]);
  checkReads(before, draft.document, [name]);
  draft.name([...place.group, name]);
}

function newTask({ style }: FlowDocument, name: string, body: JsonMap): NewPart {
  return {
    inline: () => `${keyText(name, style)}: ${inline(body, style)}`,
    lines: (column) => taskLines(name, body, column, style),
  };
}

/** Puts tasks that are written already into a flow or a group. */
export function insertTasks(draft: Draft, place: TaskPlace, parts: readonly NewPart[]): void {
  const { document } = draft;
  const tasks = document.tasksIn(place.group);
  if (!tasks || tasks.entries.length === 0) {
    insertFirst(draft, place.group, parts);
    return;
  }
  const slot = slotAt(document, [...pathOfTask(place.group), "tasks"]);
  if (!slot || slot.value.kind === "alias" || document.anchors.usesOf(slot.value).length > 0) {
    throw new Refused("anchored", "an alias repeats these tasks elsewhere", [tasks]);
  }
  const index = indexAt(tasks, place.after);
  draft.splice(insertParts(document, tasks, index, parts, isSpaced(document, place.group, tasks)));
}

export function indexAt(tasks: MapNode, after: string | null | undefined): number {
  if (after === undefined) return tasks.entries.length;
  if (after === null) return 0;
  const found = tasks.entries.findIndex((entry) => entry.name === after);
  if (found < 0) throw new Refused("unknown", `there is no task \`${after}\` to come behind`);
  return found + 1;
}

/** Whether blank lines stand between the tasks; where there is one only, as people do it at the top level. */
export function isSpaced({ text }: FlowDocument, group: TaskPath, tasks: MapNode): boolean {
  if (tasks.flow) return false;
  // A file is written one way: a look at some of them is enough.
  const between = tasks.entries.slice(1, 40).map((_, at) => {
    const lead = extentOf(text, tasks, at + 1)?.lead ?? 0;
    return blankBefore(text, lead) < lead;
  });
  if (between.length === 0) return group.length === 0;
  return between.filter((blank) => blank).length * 2 > between.length;
}

/** The first tasks of a flow or group. */
function insertFirst(draft: Draft, group: TaskPath, parts: readonly NewPart[]): void {
  const { document } = draft;
  const outer = pathOfTask(group);
  if (group.length > 0 && !document.task(group))
    throw new Refused("unknown", `there is no task \`${group.join("/")}\``);
  const slot = slotAt(document, [...outer, "tasks"]);
  if (!slot) {
    if (group.length > 0) throw new Refused("unknown", `\`${group.join("/")}\` is no group`);
    insertKey(draft, parts);
    return;
  }
  const { style, text } = document;
  const isEmpty = slot.value.kind === "map" || (slot.value.kind === "scalar" && slot.value.value === null);
  if (!isEmpty) throw new Refused("unusual", "`tasks` is no map there", [slot.value]);
  if (slot.inFlow) {
    const tasks = `{${style.inBraces}${parts.map((part) => part.inline()).join(", ")}${style.inBraces}}`;
    const from = slot.value.to > slot.value.from ? slot.value.start : slot.behind;
    draft.splice([{ from, to: slot.value.to, insert: from === slot.behind ? ` ${tasks}` : tasks }]);
    return;
  }
  const column = slot.start - (text.lastIndexOf("\n", slot.start - 1) + 1) + style.indent;
  const lines = parts.flatMap((part, at) =>
    at > 0 && group.length === 0 ? ["", ...part.lines(column)] : part.lines(column),
  );
  draft.splice(replaceWritten(document, slot, { head: "", lines }));
}

/** A flow that has no key `tasks` yet gets it before its output, else at its end. */
function insertKey(draft: Draft, parts: readonly NewPart[]): void {
  const { document } = draft;
  const { root, style, text } = document;
  const lines = (column: number) => [
    `${" ".repeat(column)}tasks:`,
    ...parts.flatMap((part, at) => [...(at > 0 ? [""] : []), ...part.lines(column + style.indent)]),
  ];
  if (root === null) {
    draft.splice([
      { from: text.length, to: text.length, insert: linesAt(text, text.length, lines(0), style.lineBreak) },
    ]);
    return;
  }
  if (root.kind !== "map") throw new Refused("not-yaml", "the file is no map of keys", [root]);
  const output = root.entries.findIndex((entry) => entry.name === "output");
  const part: NewPart = {
    inline: () => `tasks: {${style.inBraces}${parts.map((one) => one.inline()).join(", ")}${style.inBraces}}`,
    lines,
  };
  draft.splice(insertParts(document, root, output < 0 ? root.entries.length : output, [part], true));
}
