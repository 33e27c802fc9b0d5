// A value put in the place of another, the comment of its line kept.

import { childrenOf, type FlowDocument } from "./document";
import { Refused } from "./draft";
import type { Json } from "./json";
import { columnOf, lineEnd, nextLine } from "./lines";
import { blockText, inlineScalar, isFilled } from "./scalar";
import type { Splice } from "./splice";
import { endOf, isBlock, type Node } from "./tree";
import { below, indented, inline, itemLines, type Written } from "./writer";

/** Where a value stands. */
export interface Slot {
  /** the key, or the dash */
  readonly start: number;
  /** behind the colon or the dash */
  readonly behind: number;
  readonly value: Node;
  readonly inFlow: boolean;
  readonly isItem: boolean;
  /** in braces without a colon */
  readonly bare: boolean;
}

export function replaceValue(document: FlowDocument, slot: Slot, value: Json): Splice[] {
  if (slot.inFlow) return replaceInline(document, slot, inlineLike(document, slot, value));
  return replaceWritten(document, slot, writtenLike(document, slot, value));
}

export function replaceInline(document: FlowDocument, slot: Slot, text: string): Splice[] {
  guard(document, slot.value);
  const { start, to } = slot.value;
  if (to > start) return [{ from: start, to, insert: text }];
  const colon = slot.bare ? ": " : slot.isItem ? "" : " ";
  return [{ from: slot.behind, to: slot.behind, insert: colon + text }];
}

export function replaceWritten(document: FlowDocument, slot: Slot, written: Written): Splice[] {
  guard(document, slot.value);
  const { text, style } = document;
  const { value, behind } = slot;
  if (
    slot.isItem &&
    isBlock(value) &&
    text.slice(behind, value.from).trim() === "" &&
    value.kind !== "scalar"
  ) {
    return replaceItem(document, slot, written);
  }
  const head = headOf(document, slot);
  const body = bodyOf(document, slot);
  const gap = text.slice(behind, head.from).trim() === "" ? behind : head.from;
  const from = Math.min(gap, head.from);
  const space = written.head === "" ? "" : " ";
  // What the head does not change keeps its distance from the colon.
  const kept = head.to > head.from && written.head !== "" ? text.slice(behind, head.from) : space;
  const added = written.lines.length === 0 ? "" : style.lineBreak + written.lines.join(style.lineBreak);
  const atEnd = body.to >= text.length && isLiteral(written) && !/\n$/.test(text.slice(body.from, body.to));
  return [
    { from, to: head.to, insert: kept + written.head },
    { from: body.from, to: body.to, insert: added + (atEnd && added !== "" ? style.lineBreak : "") },
  ];
}

function isLiteral(written: Written): boolean {
  return written.head.startsWith("|");
}

/** What stands on the line of the key, without its comment. */
function headOf({ text }: FlowDocument, { behind, value }: Slot): { from: number; to: number } {
  if (value.kind === "scalar" && isBlock(value)) {
    const header = /^[|>][-+\d]*/.exec(text.slice(value.from, value.from + 4))?.[0] ?? "|";
    return { from: value.start, to: value.from + header.length };
  }
  if (!isBlock(value)) return { from: value.start, to: value.to };
  // A list or map below the key: before it there may be an anchor.
  return value.start < value.from && lineEnd(text, behind) >= value.start
    ? { from: value.start, to: value.start + (/^\S+/.exec(text.slice(value.start))?.[0].length ?? 0) }
    : { from: behind, to: behind };
}

/** The lines below that one which belong to the value, from the break before them on. */
function bodyOf({ text }: FlowDocument, { behind, value }: Slot): { from: number; to: number } {
  const end = endOf(value);
  if (value.kind === "scalar" && isBlock(value)) {
    const from = lineEnd(text, value.from);
    return { from, to: Math.max(from, beforeBreak(text, end)) };
  }
  const from = lineEnd(text, isBlock(value) ? behind : end);
  return { from, to: isBlock(value) ? Math.max(from, lineEndOf(text, end)) : from };
}

function beforeBreak(text: string, end: number): number {
  if (text[end - 1] !== "\n") return end;
  return text[end - 2] === "\r" ? end - 2 : end - 1;
}

function lineEndOf(text: string, end: number): number {
  return text[end - 1] === "\n" ? beforeBreak(text, end) : lineEnd(text, end);
}

/** A block list or map behind a dash: it begins on the dash's line. */
function replaceItem({ text, style }: FlowDocument, { behind, value }: Slot, written: Written): Splice[] {
  const insert = [written.head, ...written.lines].filter((line, at) => at > 0 || line !== "");
  const joined = insert.join(style.lineBreak);
  const space = written.head === "" ? "" : " ";
  const end = lineEndOf(text, endOf(value));
  return [{ from: behind, to: end, insert: written.head === "" ? ` ${joined.trimStart()}` : space + joined }];
}

/** A value written in the way of the one that it replaces. */
function writtenLike(document: FlowDocument, slot: Slot, value: Json): Written {
  const { style, text } = document;
  const old = slot.value;
  const column = columnOf(text, slot.start);
  if (typeof value === "string") {
    const block = blockLike(document, slot, value);
    if (block) return block;
    const oldStyle = old.kind === "scalar" && old.to > old.from ? old.style : null;
    return { head: inlineScalar(value, style.quote, false, oldStyle), lines: [] };
  }
  if (slot.isItem && isFilled(value)) {
    const [first = "", ...rest] = itemLines(value, column, style);
    return { head: first.trimStart().slice(2), lines: rest };
  }
  const isOneLine =
    (old.kind === "list" || old.kind === "map") && old.flow && !text.slice(old.from, old.to).includes("\n");
  const line = inline(value, style, false);
  if (isOneLine && !line.includes("\\n") && line.length <= ONE_LINE) return { head: line, lines: [] };
  return below(value, column, style);
}

/** What stood on one line stays there up to this length. */
const ONE_LINE = 100;

/** Text of several lines, at the columns where the old one stood. */
function blockLike(document: FlowDocument, slot: Slot, value: string): Written | null {
  const { style, text } = document;
  const old = slot.value;
  const isOld = old.kind === "scalar" && isBlock(old);
  if (!value.includes("\n")) return null;
  const column = columnOf(text, slot.start);
  const content = (isOld ? contentColumn(text, old, column) : null) ?? column + style.indent;
  const keeps = isOld && /^.\d?\+/.test(text.slice(old.from, old.from + 3));
  const block = blockText(value, content - column, keeps);
  if (!block) return null;
  return { head: block.header, lines: indented(block.lines, content) };
}

/** The column of block text. */
function contentColumn(text: string, node: Node, column: number): number | null {
  const header = /^[|>][-+]?(\d)?/.exec(text.slice(node.from, node.from + 3));
  if (header?.[1]) return column + Number(header[1]);
  for (let at = nextLine(text, node.from); at < node.to; at = nextLine(text, at)) {
    const found = text.slice(at, lineEnd(text, at)).search(/[^ ]/);
    if (found > column) return found;
  }
  return null;
}

function inlineLike({ style }: FlowDocument, { value: old }: Slot, value: Json): string {
  if (typeof value !== "string") return inline(value, style);
  const oldStyle = old.kind === "scalar" && old.to > old.from ? old.style : null;
  return inlineScalar(value, style.quote, true, oldStyle);
}

/** Refuses to take out what an alias elsewhere repeats. */
export function guard(document: FlowDocument, node: Node): void {
  const { anchors } = document;
  if (anchors.isEmpty) return;
  const uses = anchors.usesOf(node).filter((at) => at < node.from || at >= node.to);
  if (uses.length > 0) {
    const spans = uses.map((at) => ({ from: at, to: at + (node.anchor?.length ?? 0) + 1 }));
    throw new Refused(
      "anchored",
      `\`*${node.anchor}\` repeats this value elsewhere: it would change there too`,
      spans,
    );
  }
  for (const child of childrenOf(node)) guardInside(document, child, node);
}

function guardInside(document: FlowDocument, node: Node, outer: Node): void {
  const uses = document.anchors.usesOf(node).filter((at) => at < outer.from || at >= outer.to);
  if (uses.length > 0) {
    throw new Refused("anchored", `\`*${node.anchor}\` elsewhere repeats what stands in this value`, [node]);
  }
  for (const child of childrenOf(node)) guardInside(document, child, outer);
}
