// Values set and unset by their path. What is there already and stays the same is not touched, down to the
// single item; a short form becomes the long one only where it cannot say what is set.

import { insertParts, isCollection, type NewPart, removeParts } from "./collection";
import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { partsOf } from "./extent";
import { isJsonList, isJsonMap, type Json, type JsonMap, jsonMap, sameJson, toJson } from "./json";
import type { LongForm, Shape } from "./language";
import { startsLine } from "./lines";
import { guard, replaceInline, replaceValue, replaceWritten, type Slot } from "./replace";
import { isFilled, isPlain } from "./scalar";
import { isBlock, type MapNode, type Node } from "./tree";
import { below, entryLines, inline, itemLines, keyText } from "./writer";

/** Keys and positions in lists. */
export type ValuePath = readonly (string | number)[];

/** The path of a task in the file. */
export function pathOfTask(task: TaskPath): string[] {
  return task.flatMap((name) => ["tasks", name]);
}

/** Where a value stands; `null`: nothing stands at the path. */
export function slotAt(document: FlowDocument, path: ValuePath): Slot | null {
  let node: Node | null = document.root;
  let slot: Slot | null = null;
  for (const key of path) {
    slot = node && slotIn(document, node, key);
    if (!slot) return null;
    node = slot.value;
  }
  return slot;
}

function slotIn(document: FlowDocument, node: Node, key: string | number): Slot | null {
  if (node.kind === "map") {
    const entry = node.entries.find((one) => one.name === String(key));
    if (!entry) return null;
    const bare = document.text[entry.colon - 1] !== ":";
    return {
      start: entry.start,
      behind: entry.colon,
      value: entry.value,
      inFlow: node.flow,
      isItem: false,
      bare,
    };
  }
  if (node.kind === "list" && typeof key === "number") {
    const item = node.items[key];
    if (!item) return null;
    const behind = node.flow ? item.start : item.start + 1;
    return { start: item.start, behind, value: item.value, inFlow: node.flow, isItem: true, bare: false };
  }
  return null;
}

export function shapeAt(document: FlowDocument, path: ValuePath): Shape {
  return path.reduce<Shape>(
    (shape, key) => (typeof key === "number" ? shape.item : shape.property(key)),
    document.language.root,
  );
}

/** Sets the value at the path; what is missing on the way is made. */
export function setAt(draft: Draft, path: ValuePath, value: Json): void {
  for (let depth = 0; depth < path.length; depth += 1) {
    const outer = path.slice(0, depth);
    const node = nodeAt(draft.document, outer);
    if (depth > 0 && node) guardPassage(draft.document, node);
    const key = path[depth];
    const takes = node?.kind === "map" || (node?.kind === "list" && typeof key === "number");
    if (node && takes && key !== undefined) {
      if (slotIn(draft.document, node, key)) continue;
      insertAt(draft, outer, key, nested(path.slice(depth + 1), value));
      return;
    }
    widen(draft, outer, nested(path.slice(depth), value));
    return;
  }
  change(draft, path, value);
}

function nodeAt(document: FlowDocument, path: ValuePath): Node | null {
  return path.length === 0 ? document.root : (slotAt(document, path)?.value ?? null);
}

/** What is set inside of a node changes wherever an alias repeats it. */
function guardPassage(document: FlowDocument, node: Node): void {
  const uses = document.anchors.usesOf(node);
  if (uses.length === 0) return;
  throw new Refused(
    "anchored",
    `\`*${node.anchor}\` repeats this value elsewhere: it would change there too`,
    uses.map((at) => ({ from: at, to: at + (node.anchor?.length ?? 0) + 1 })),
  );
}

function nested(path: ValuePath, value: Json): Json {
  return path.reduceRight<Json>(
    (inner, key) => (typeof key === "number" ? [inner] : { [key]: inner }),
    value,
  );
}

/** Something is set inside of what is no list or map yet. */
function widen(draft: Draft, path: ValuePath, added: Json): void {
  const { document } = draft;
  const slot = slotAt(document, path);
  if (!slot) {
    widenRoot(draft, added);
    return;
  }
  const { value } = slot;
  if (value.kind === "alias") {
    // The alias's place gets a value of its own.
    const repeated = toJson(document, value);
    const merged = merge(repeated, added, shapeAt(document, path).long);
    draft.splice(replaceValue(document, slot, merged));
    return;
  }
  const long = shapeAt(document, path).long;
  if (value.kind === "scalar" && value.value === null) {
    draft.splice(replaceValue(document, slot, added));
    return;
  }
  if (!long || !isJsonMap(added)) {
    throw new Refused("unknown", `nothing can be set inside of \`${path.at(-1)}\``, [value]);
  }
  lengthen(draft, slot, long, added);
}

function widenRoot(draft: Draft, added: Json): void {
  const { document } = draft;
  if (document.root !== null || !isJsonMap(added))
    throw new Refused("not-yaml", "the file is no map of keys");
  const { text, style } = document;
  const lines = Object.entries(added).flatMap(([key, value]) =>
    entryLines(key, below(value, 0, style), 0, style),
  );
  const before = text === "" || text.endsWith("\n") ? "" : style.lineBreak;
  const insert = before + lines.map((line) => line + style.lineBreak).join("");
  draft.splice([{ from: text.length, to: text.length, insert }]);
}

function merge(old: Json, added: Json, long: LongForm | null): Json {
  if (isJsonMap(old) && isJsonMap(added)) {
    const inner = Object.entries(added).map(([key, value]): [string, Json] => {
      const before = old[key];
      return [key, before === undefined ? value : merge(before, value, null)];
    });
    return { ...old, ...jsonMap(inner) };
  }
  if (isJsonMap(added) && long && old !== null) return { ...longOf(old, long), ...added };
  return added;
}

/** A short form's value as the long form says it. */
function longOf(value: Json, { key, typed }: LongForm): JsonMap {
  if (key === null) return {};
  return typed ? { type: typeOf(value), [key]: value } : { [key]: value };
}

function typeOf(value: Json): string {
  return isJsonList(value) ? "array" : typeof value;
}

/** Writes a short form as the long one with `added` in it. */
function lengthen(draft: Draft, slot: Slot, long: LongForm, added: JsonMap): void {
  const { document } = draft;
  const { style, text } = document;
  const old = slot.value;
  const value = toJson(document, old);
  const others = Object.fromEntries(Object.entries(added).filter(([key]) => key !== long.key));
  if (Object.keys(others).length < Object.keys(added).length) {
    const short = added[long.key ?? ""] ?? null;
    draft.splice(replaceValue(document, slot, short));
    return;
  }
  const whole = longOf(value, long);
  if (isBlock(old) || text.slice(old.from, old.to).includes("\n")) {
    draft.splice(replaceValue(document, slot, { ...others, ...whole }));
    return;
  }
  const source = sourceIn(document, old);
  const entries = Object.entries(whole).map(([key, one]) => [
    key,
    key === long.key ? source : inline(one, style),
  ]);
  const more = Object.entries(others).map(([key, one]) => [key, inline(one, style)]);
  const parts = [...entries, ...more].map(([key = "", one]) => `${keyText(key, style)}: ${one}`);
  const line = `{${style.inBraces}${parts.join(", ")}${style.inBraces}}`;
  const isLong = line.length > 100 || Object.values(others).some((one) => isFilled(one) && !isJsonList(one));
  if (!slot.inFlow && isLong) {
    draft.splice(replaceValue(document, slot, { ...whole, ...others }));
    return;
  }
  const splices = slot.inFlow
    ? replaceInline(document, slot, line)
    : replaceWritten(document, slot, { head: line, lines: [] });
  draft.splice(splices);
}

/** A scalar as it is written, where it can stand so in braces. */
function sourceIn(document: FlowDocument, node: Node): string {
  const { style } = document;
  const source = document.source(node);
  if (node.kind !== "scalar") return source;
  const fits = node.style !== "plain" || typeof node.value !== "string" || isPlain(node.value, true);
  return fits ? source : inline(node.value, style);
}

/** Puts in a key or an item that is not there. */
function insertAt(draft: Draft, path: ValuePath, key: string | number, value: Json): void {
  const { document } = draft;
  const node = nodeAt(document, path);
  if (!node || !isCollection(node)) throw new Refused("unknown", "there is no place for this value");
  if (node.kind === "list" && key !== node.items.length) {
    throw new Refused("unknown", `the list has ${node.items.length} items`, [node]);
  }
  if (node.kind === "map" && typeof key === "number")
    throw new Refused("unknown", "a map has no positions", [node]);
  const slot = path.length > 0 ? slotAt(document, path) : null;
  if (slot && partCount(node) === 0) {
    draft.splice(replaceValue(document, slot, node.kind === "list" ? [value] : { [key]: value }));
    return;
  }
  if (node.kind === "list") {
    draft.splice(insertParts(document, node, node.items.length, [newItem(document, value)]));
    return;
  }
  const index = path.length === 0 ? rootIndex(node, String(key)) : bodyIndex(document, path, node);
  const blank = path.length === 0 && isSetApart(document, node, value);
  draft.splice(insertParts(document, node, index, [newEntry(document, String(key), value)], blank));
}

function partCount(node: Node): number {
  if (node.kind === "map") return node.entries.length;
  return node.kind === "list" ? node.items.length : 0;
}

export function newItem({ style }: FlowDocument, value: Json): NewPart {
  return { inline: () => inline(value, style), lines: (column) => itemLines(value, column, style) };
}

export function newEntry({ style }: FlowDocument, key: string, value: Json): NewPart {
  return {
    inline: () => `${keyText(key, style)}: ${inline(value, style)}`,
    lines: (column) => entryLines(key, below(value, column, style), column, style),
  };
}

/** A flow's options stand before its tasks, its output behind them. */
function rootIndex(root: MapNode, key: string): number {
  const tasks = root.entries.findIndex((entry) => entry.name === "tasks");
  return tasks < 0 || key === "output" ? root.entries.length : tasks;
}

/** At the top level, what takes several lines is set apart by a blank one. */
function isSetApart({ style }: FlowDocument, root: MapNode, value: Json): boolean {
  return !root.flow && below(value, 0, style).lines.length > 0;
}

/** An option is put in before code of many lines, so that it does not get lost behind it. */
function bodyIndex({ language }: FlowDocument, path: ValuePath, body: MapNode): number {
  const count = body.entries.length;
  const last = body.entries.at(-1);
  const isBody = path.length % 2 === 0 && path.at(-2) === "tasks";
  return isBody && last && language.kinds.has(last.name) && isBlock(last.value) ? count - 1 : count;
}

/** Changes a value that is there, part by part. */
function change(draft: Draft, path: ValuePath, value: Json): void {
  const { document } = draft;
  const slot = slotAt(document, path);
  if (!slot) throw new Refused("unknown", "the file as a whole cannot be set");
  const old = slot.value;
  if (sameJson(toJson(document, old), value) && (old.to > old.from || value !== null)) return;
  if (sameJson(toJson(document, old), value) && value === null) return;
  if (
    old.kind === "map" &&
    isJsonMap(value) &&
    old.entries.some((entry) => Object.hasOwn(value, entry.name))
  ) {
    guardPassage(document, old);
    changeMap(draft, path, old, value);
    return;
  }
  if (old.kind === "list" && isJsonList(value) && old.items.length > 0 && value.length > 0) {
    guardPassage(document, old);
    changeList(draft, path, value);
    return;
  }
  draft.splice(replaceValue(document, slot, value));
}

function changeMap(draft: Draft, path: ValuePath, old: MapNode, value: JsonMap): void {
  const gone = old.entries.filter((entry) => !Object.hasOwn(value, entry.name));
  removeAt(
    draft,
    path,
    gone.map((entry) => entry.name),
  );
  for (const [key, one] of Object.entries(value)) setAt(draft, [...path, key], one);
}

/** Items at the two ends that are the same stay as they are. */
function changeList(draft: Draft, path: ValuePath, value: readonly Json[]): void {
  const node = nodeAt(draft.document, path);
  if (node?.kind !== "list") return;
  const old = node.items.map((item) => toJson(draft.document, item.value));
  const shorter = Math.min(old.length, value.length);
  const same = (left: number, right: number) => sameJson(old[left] ?? null, value[right] ?? null);
  let head = 0;
  while (head < shorter && same(head, head)) head += 1;
  let tail = 0;
  while (tail < shorter - head && same(old.length - 1 - tail, value.length - 1 - tail)) tail += 1;
  const both = shorter - head - tail;
  for (let at = head; at < head + both; at += 1) change(draft, [...path, at], value[at] ?? null);
  const surplus = old.length - value.length;
  if (surplus > 0)
    removeAt(
      draft,
      path,
      Array.from({ length: surplus }, (_, at) => head + both + at),
    );
  if (surplus < 0) insertItems(draft, path, head + both, value.slice(head + both, head + both - surplus));
}

function insertItems(draft: Draft, path: ValuePath, index: number, values: readonly Json[]): void {
  const { document } = draft;
  const node = nodeAt(document, path);
  if (node?.kind !== "list") return;
  const parts = values.map((value) => newItem(document, value));
  draft.splice(insertParts(document, node, index, parts));
}

/** Takes keys out of a map, or items out of a list; what is left empty is written as such. */
export function removeAt(draft: Draft, path: ValuePath, keys: readonly (string | number)[]): void {
  const { document } = draft;
  const node = nodeAt(document, path);
  if (!node || !isCollection(node) || keys.length === 0) return;
  const indices = new Set(keys.map((key) => indexOf(node, key)).filter((index) => index >= 0));
  for (const index of indices) {
    const part = node.kind === "map" ? node.entries[index] : node.items[index];
    if (part) guardRemoval(document, part.value, node, indices);
  }
  const keepHead = node.kind === "map" && path.at(-1) !== "tasks";
  if (indices.size < partCount(node)) {
    draft.splice(removeParts(document, node, indices, keepHead));
    return;
  }
  const slot = slotAt(document, path);
  if (!slot) throw new Refused("cannot-keep", "nothing would be left in the file", [node]);
  const empty = node.kind === "list" ? "[]" : "{}";
  const first = partsOf(node)[0];
  if (node.flow || node.start < node.from || !first || !startsLine(document.text, first.start)) {
    draft.splice(replaceValue(document, slot, node.kind === "list" ? [] : {}));
    return;
  }
  // Comments that belong to none of the parts stay below.
  guard(document, node);
  const removed = removeParts(document, node, indices, keepHead);
  draft.splice([{ from: slot.behind, to: slot.behind, insert: ` ${empty}` }, ...removed]);
}

function indexOf(node: Node, key: string | number): number {
  if (node.kind === "map") return node.entries.findIndex((entry) => entry.name === String(key));
  return node.kind === "list" && typeof key === "number" && key < node.items.length ? key : -1;
}

function guardRemoval(document: FlowDocument, value: Node, around: Node, indices: ReadonlySet<number>): void {
  // Where all parts go, the value as a whole is looked at.
  if (indices.size < partCount(around)) guard(document, value);
}

/** Unsets what stands at the path, and what is left empty by that, up to the task or the flow. */
export function unsetAt(draft: Draft, path: ValuePath): void {
  const { document } = draft;
  const key = path.at(-1);
  const outer = path.slice(0, -1);
  if (key === undefined) throw new Refused("unknown", "the file as a whole cannot be unset");
  for (let depth = 1; depth <= outer.length; depth += 1) {
    const node = nodeAt(document, path.slice(0, depth));
    if (node?.kind === "alias") {
      unsetInAlias(draft, path, depth);
      return;
    }
    if (node) guardPassage(document, node);
  }
  const node = nodeAt(document, outer);
  if (!slotAt(document, path) || !node) return;
  if (partCount(node) === 1 && canGo(document, outer)) {
    unsetAt(draft, outer);
    return;
  }
  removeAt(draft, outer, [key]);
}

function unsetInAlias(draft: Draft, path: ValuePath, depth: number): void {
  const { document } = draft;
  const slot = slotAt(document, path.slice(0, depth));
  if (!slot) return;
  const without = omit(toJson(document, slot.value), path.slice(depth));
  draft.splice(replaceValue(document, slot, without));
}

function omit(value: Json, path: ValuePath): Json {
  const [key, ...rest] = path;
  if (isJsonList(value) && typeof key === "number") {
    return value.flatMap((one, at) => (at !== key ? [one] : rest.length === 0 ? [] : [omit(one, rest)]));
  }
  if (!isJsonMap(value) || key === undefined) return value;
  const entries = Object.entries(value).flatMap(([name, one]): [string, Json][] =>
    name !== String(key) ? [[name, one]] : rest.length === 0 ? [] : [[name, omit(one, rest)]],
  );
  return jsonMap(entries);
}

/** Whether a key can go when it is empty: an option can, a task and its kind cannot. */
function canGo({ language }: FlowDocument, path: ValuePath): boolean {
  const key = path.at(-1);
  const inTask = tasksDeep(path);
  if (key === undefined || typeof key === "number") return false;
  if (inTask === path.length) return false;
  if (key === "tasks" && inTask === path.length - 1) return false;
  return !(inTask > 0 && inTask === path.length - 1 && language.kinds.has(key));
}

/** How much of a path leads to a task. */
function tasksDeep(path: ValuePath): number {
  let depth = 0;
  while (path[depth] === "tasks" && depth + 1 < path.length) depth += 2;
  return depth;
}
