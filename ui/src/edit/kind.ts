// What a task does: its kind, and its code.

import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { isJsonMap, type Json, toJson } from "./json";
import { taskAt } from "./removeTasks";
import { entryOf, type MapNode } from "./tree";
import { pathOfTask, setAt, type ValuePath } from "./value";

/** Gives the task another kind, in the place of the one that it has; options and comments stay. */
export function changeKind(draft: Draft, task: TaskPath, kind: string, value: Json): void {
  const { document } = draft;
  taskAt(draft, task);
  if (!document.language.kinds.has(kind)) throw new Refused("unknown", `\`${kind}\` is no kind of a task`);
  const path = pathOfTask(task);
  const old = bodyOf(document, task)?.entries.find((entry) => document.language.kinds.has(entry.name));
  if (old && old.name !== kind) {
    if (entryOf(bodyOf(document, task), kind))
      throw new Refused("unusual", "the task has several kinds", [old.key]);
    draft.splice([{ from: old.key.start, to: old.key.to, insert: kind }]);
  }
  setAt(draft, [...path, kind], value);
}

function bodyOf(document: FlowDocument, task: TaskPath): MapNode | null {
  const value = document.task(task)?.value;
  if (value?.kind === "alias")
    throw new Refused("anchored", `\`*${value.name}\` stands for the task`, [value]);
  return value?.kind === "map" ? value : null;
}

/** The key of a kind's long form that holds code, by kind: each is edited in a language of its own. */
const CODE: ReadonlyMap<string, string> = new Map([
  ["shell", "script"],
  ["python", "code"],
  ["sql", "query"],
]);

/** Where the code of a task stands; `null`: it has none in the file. */
export function codeAt(document: FlowDocument, task: TaskPath): ValuePath | null {
  const body = bodyOf(document, task);
  const entry = body?.entries.find(({ name }) => CODE.has(name));
  if (!entry) return null;
  const key = CODE.get(entry.name) ?? "";
  const value = toJson(document, entry.value);
  const path = [...pathOfTask(task), entry.name];
  if (!isJsonMap(value)) return path;
  const hasOther = "file" in value || "call" in value;
  return hasOther && !(key in value) ? null : [...path, key];
}

/** The code of the task; how many line breaks end it counts only up to the first, unless the file keeps them. */
export function setCode(draft: Draft, task: TaskPath, code: string): void {
  taskAt(draft, task);
  const path = codeAt(draft.document, task);
  if (!path) throw new Refused("unknown", `\`${task.join("/")}\` has no code in this file`);
  setAt(draft, path, code.replaceAll("\r\n", "\n").replace(/\n+$/, "\n"));
}
