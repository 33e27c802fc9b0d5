// The key `needs` of a task: a list as long as every edge is `succeeded`, else a map, each change as small as
// can be.

import { insertParts, removeParts } from "./collection";
import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { type Json, jsonMap } from "./json";
import { columnOf, startsLine } from "./lines";
import { replaceInline, replaceValue, type Slot } from "./replace";
import type { Splice } from "./splice";
import { type Outcome, tasksOf } from "./tasks";
import { entryOf, type ListNode, type Node } from "./tree";
import { newEntry, newItem, pathOfTask, removeAt, setAt, slotAt } from "./value";
import { inline } from "./writer";

/** What becomes of a task's needs: names are replaced, taken out, then set. */
export interface NeedChange {
  readonly rename?: ReadonlyMap<string, string>;
  readonly remove?: ReadonlySet<string>;
  readonly set?: ReadonlyMap<string, Outcome>;
}

type Needs = ReadonlyMap<string, Outcome>;

/** `old`: what the task needs now, where that is known. */
export function changeNeeds(
  draft: Draft,
  task: TaskPath,
  change: NeedChange,
  old: Needs = needsOf(draft.document, task),
): void {
  const wanted = changed(old, change);
  if (same(old, wanted)) return;
  const path = [...pathOfTask(task), "needs"];
  if (wanted.size === 0) {
    dropNeeds(draft, task);
    return;
  }
  const node = slotAt(draft.document, path)?.value;
  const isList = node?.kind === "list" && node.items.length > 0;
  if (isList && allSucceeded(wanted)) changeList(draft, path, old, wanted);
  else if (isList) becomeMap(draft, path, old, wanted);
  else if (node?.kind === "map" && node.entries.length > 0) changeMap(draft, path, old, wanted);
  else setAt(draft, path, wasMap(draft.document, node) ? jsonMap(wanted) : needsValue(wanted));
}

/** What an alias repeats stays a map, too. */
function wasMap(document: FlowDocument, node: Node | undefined): boolean {
  const found = node && document.resolve(node);
  return found?.kind === "map" && found.entries.length > 0;
}

export function needsOf(document: FlowDocument, task: TaskPath): Needs {
  const found = tasksOf(document).find(task);
  if (!found) throw new Refused("unknown", `there is no task \`${task.join("/")}\``);
  return new Map(found.needs.map(({ name, on }) => [name, on]));
}

function changed(old: Needs, { rename, remove, set }: NeedChange): Needs {
  const wanted = new Map<string, Outcome>();
  for (const [name, on] of old) {
    if (!remove?.has(name)) wanted.set(rename?.get(name) ?? name, on);
  }
  for (const [name, on] of set ?? []) wanted.set(name, on);
  return wanted;
}

function same(left: Needs, right: Needs): boolean {
  return left.size === right.size && [...left].every(([name, on]) => right.get(name) === on);
}

export function allSucceeded(needs: Needs): boolean {
  return [...needs.values()].every((on) => on === "succeeded");
}

/** The value of `needs` as it is written where none stands. */
export function needsValue(needs: Needs): Json {
  return allSucceeded(needs) ? [...needs.keys()] : jsonMap(needs);
}

/** Without needs there is nothing to join. */
function dropNeeds(draft: Draft, task: TaskPath): void {
  removeAt(draft, pathOfTask(task), ["needs", "join"]);
}

/** A name that goes and one that comes are one change of a name. */
function renamesOf(old: Needs, wanted: Needs): Map<string, string> {
  const gone = [...old.keys()].filter((name) => !wanted.has(name));
  const come = [...wanted.keys()].filter((name) => !old.has(name));
  return new Map(gone.flatMap((name, at) => (come[at] === undefined ? [] : [[name, come[at]] as const])));
}

function changeList(draft: Draft, path: readonly string[], old: Needs, wanted: Needs): void {
  const renames = renamesOf(old, wanted);
  const taken = new Set(renames.values());
  const list = listAt(draft.document, path);
  const keys = list.items.flatMap(({ value }, at) => {
    const name = nameOf(draft.document, value);
    return wanted.has(name) || renames.has(name) ? [] : [at];
  });
  for (const [index, { value }] of list.items.entries()) {
    const to = renames.get(nameOf(draft.document, value));
    if (to !== undefined) setAt(draft, [...path, index], to);
  }
  removeAt(draft, path, keys);
  const added = [...wanted.keys()].filter((name) => !old.has(name) && !taken.has(name));
  if (added.length === 0) return;
  const { document } = draft;
  const now = listAt(document, path);
  const parts = added.map((name) => newItem(document, name));
  draft.splice(insertParts(document, now, now.items.length, parts));
}

function listAt(document: FlowDocument, path: readonly string[]): ListNode {
  const node = slotAt(document, path)?.value;
  if (node?.kind !== "list") throw new Refused("unusual", "`needs` is no list there");
  return node;
}

function nameOf(document: FlowDocument, node: Node): string {
  const found = document.resolve(node);
  return found?.kind === "scalar" ? String(found.value) : "";
}

function changeMap(draft: Draft, path: readonly string[], old: Needs, wanted: Needs): void {
  const renames = renamesOf(old, wanted);
  for (const [from, to] of renames) {
    const node = slotAt(draft.document, path)?.value;
    const key = entryOf(node, from)?.key;
    if (key) draft.splice([{ from: key.start, to: key.to, insert: to }]);
  }
  const gone = [...old.keys()].filter((name) => !wanted.has(name) && !renames.has(name));
  removeAt(draft, path, gone);
  for (const [name, on] of wanted) {
    const { document } = draft;
    const map = slotAt(document, path)?.value;
    const entry = entryOf(map, name);
    if (entry) setAt(draft, [...path, name], on);
    else if (map?.kind === "map") {
      draft.splice(insertParts(document, map, map.entries.length, [newEntry(document, name, on)]));
    }
  }
}

/** A list becomes a map: on one line it is written anew, else each item gets its outcome where it stands. */
function becomeMap(draft: Draft, path: readonly string[], old: Needs, wanted: Needs): void {
  const { document } = draft;
  const slot = slotAt(document, path);
  if (!slot) return;
  const list = listAt(document, path);
  const needs = document.source(list);
  if (list.flow && !needs.includes("\n")) {
    const text = inline(jsonMap(wanted), document.style);
    draft.splice(replaceInline(document, slot, text));
    return;
  }
  if (list.items.some(({ value }) => value.kind !== "scalar")) {
    draft.splice(replaceValue(document, slot, jsonMap(wanted)));
    return;
  }
  draft.splice(list.flow ? bracesFor(list) : keysFor(document, slot, list));
  changeMap(draft, path, old, wanted);
}

const AS_KEY = ": succeeded";

function bracesFor(list: ListNode): Splice[] {
  return [
    { from: list.from, to: list.from + 1, insert: "{" },
    ...list.items.map(({ value }) => ({ from: value.to, to: value.to, insert: AS_KEY })),
    { from: list.to - 1, to: list.to, insert: "}" },
  ];
}

/** Keys stand deeper than the key above them; a list's dashes need not. */
function keysFor({ text, style }: FlowDocument, slot: Slot, list: ListNode): Splice[] {
  const first = list.items[0];
  const column = first && startsLine(text, first.start) ? columnOf(text, first.start) : 0;
  const missing = column > columnOf(text, slot.start) ? "" : " ".repeat(style.indent);
  return list.items.flatMap(({ start, value }) => [
    { from: start, to: value.start, insert: missing },
    { from: value.to, to: value.to, insert: AS_KEY },
  ]);
}

/** Takes names out of the needs of many tasks at once. */
export function removeNeeds(draft: Draft, tasks: readonly TaskPath[], names: ReadonlySet<string>): void {
  const { document } = draft;
  const splices: Splice[] = [];
  const others: TaskPath[] = [];
  for (const task of tasks) {
    const node = slotAt(document, [...pathOfTask(task), "needs"])?.value;
    const indices = new Set(indicesOf(document, node, names));
    if (indices.size === 0 && node?.kind !== "alias") continue;
    const isPart = (node?.kind === "list" || node?.kind === "map") && indices.size < sizeOf(node);
    if (isPart && document.anchors.isEmpty) splices.push(...removeParts(document, node, indices));
    else others.push(task);
  }
  draft.splice(splices);
  for (const task of others) changeNeeds(draft, task, { remove: names });
}

function indicesOf(document: FlowDocument, node: Node | undefined, names: ReadonlySet<string>): number[] {
  if (node?.kind === "map") return node.entries.flatMap(({ name }, at) => (names.has(name) ? [at] : []));
  if (node?.kind !== "list") return [];
  return node.items.flatMap(({ value }, at) => (names.has(nameOf(document, value)) ? [at] : []));
}

function sizeOf(node: Node): number {
  return node.kind === "map" ? node.entries.length : node.kind === "list" ? node.items.length : 0;
}
