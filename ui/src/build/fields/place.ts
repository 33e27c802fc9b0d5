// Values of the document by their path, short forms seen as the long ones that they stand for.

import type { FlowDocument } from "../../edit/document";
import { type Draft, Refused } from "../../edit/draft";
import { isJsonMap, type Json, toJson } from "../../edit/json";
import type { ScalarNode } from "../../edit/tree";
import { removeAt, setAt, shapeAt, slotAt, unsetAt, type ValuePath } from "../../edit/value";
import { keyText } from "../../edit/writer";

/** The value at a path; `undefined`: nothing is set there. */
export function valueAt(document: FlowDocument, path: ValuePath): Json | undefined {
  const slot = slotAt(document, path);
  if (slot) return toJson(document, slot.value);
  const key = path.at(-1);
  const outer = path.slice(0, -1);
  if (key === undefined || path.length === 0) return undefined;
  const around = valueAt(document, outer);
  if (around === undefined || around === null) return undefined;
  // An alias has its value elsewhere.
  if (isJsonMap(around)) return typeof key === "string" ? around[key] : undefined;
  return shapeAt(document, outer).long?.key === key ? around : undefined;
}

/** Whether the value at a path stands in a short form, as the value of the key around it. */
export function isShort(document: FlowDocument, path: ValuePath): boolean {
  return valueAt(document, path) !== undefined && slotAt(document, path) === null;
}

/** Takes a value out; a short form goes with its key, unless that is the task's kind, which is left empty. */
export function clearValue(draft: Draft, path: ValuePath): void {
  const { document } = draft;
  if (!isShort(document, path)) {
    unsetAt(draft, path);
    return;
  }
  const outer = path.slice(0, -1);
  if (isKind(document, outer)) setAt(draft, outer, "");
  else clearValue(draft, outer);
}

/** How a value is set where that is not just written over the old one. */
export interface Setting {
  /** keys beside it that it takes the place of */
  readonly excluded: readonly string[];
  /** the quotes that stand there are nobody's: what is set is written as it needs */
  readonly restyled: boolean;
}

export function setValue(draft: Draft, path: ValuePath, value: Json, { excluded, restyled }: Setting): void {
  const outer = path.slice(0, -1);
  if (restyled) unquote(draft, path);
  setAt(draft, path, value);
  for (const name of excluded) {
    if (slotAt(draft.document, [...outer, name])) removeAt(draft, outer, [name]);
  }
}

/** Whether nobody chose how the text at a path is written: there is none, it is empty, or it has no quotes. */
export function isUnstyled(document: FlowDocument, path: ValuePath): boolean {
  const node = textNode(document, path);
  return node === null || node.value === "" || node.style === "plain";
}

function unquote(draft: Draft, path: ValuePath): void {
  const node = textNode(draft.document, path);
  if (node?.style !== "single" && node?.style !== "double") return;
  draft.splice([{ from: node.from, to: node.to, insert: "x" }]);
}

function textNode(document: FlowDocument, path: ValuePath): ScalarNode | null {
  const slot =
    slotAt(document, path) ?? (isShort(document, path) ? slotAt(document, path.slice(0, -1)) : null);
  return slot?.value.kind === "scalar" ? slot.value : null;
}

function isKind({ language }: FlowDocument, path: ValuePath): boolean {
  const key = path.at(-1);
  return typeof key === "string" && language.kinds.has(key) && path.at(-3) === "tasks";
}

/** Gives a key of a map another name, where it stands. */
export function renameKey(draft: Draft, path: ValuePath, from: string, to: string): void {
  if (from === to) return;
  const { document } = draft;
  const map = slotAt(document, path)?.value;
  const found = map && document.resolve(map);
  if (found?.kind !== "map") throw new Refused("unknown", "there is no such key");
  const taken = found.entries.find((entry) => entry.name === to);
  if (taken) throw new Refused("name-taken", `\`${to}\` stands there already`, [taken.key]);
  const entry = found.entries.find((one) => one.name === from);
  if (!entry) throw new Refused("unknown", `there is no \`${from}\``);
  draft.splice([{ from: entry.key.from, to: entry.key.to, insert: keyText(to, document.style) }]);
}
