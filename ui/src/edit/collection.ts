// Parts put into lists and maps, and taken out of them, in block form and in brackets.

import type { FlowDocument } from "./document";
import { Refused } from "./draft";
import { behindBlank, blankBefore, type Extent, extentOf, keepsBlank, type Part, partsOf } from "./extent";
import { columnOf, commentBehind, lineEnd, startsLine } from "./lines";
import type { Splice } from "./splice";
import type { ListNode, MapNode, Node } from "./tree";

/** A new part, in the two forms that it may be needed in. */
export interface NewPart {
  /** in braces or brackets */
  readonly inline: () => string;
  /** on lines of its own, with their indentation */
  readonly lines: (column: number) => readonly string[];
}

/** Puts parts in before the one with this index; `blank`: whether a blank line sets them apart. `node` is not empty. */
export function insertParts(
  document: FlowDocument,
  node: MapNode | ListNode,
  index: number,
  parts: readonly NewPart[],
  blank = false,
): Splice[] {
  const count = partsOf(node).length;
  if (node.flow) return insertInline(document, node, index, parts.map((part) => part.inline()).join(", "));
  const first = partsOf(node)[0];
  if (!first) throw new Refused("unusual", "nothing stands there yet");
  const column = columnOf(document.text, first.start);
  const blocks = parts.map((part) => part.lines(column));
  return index >= count
    ? [insertLast(document, node, blocks, blank)]
    : [insertBefore(document, node, index, blocks, blank)];
}

function insertLast(
  { text, style }: FlowDocument,
  node: MapNode | ListNode,
  blocks: readonly (readonly string[])[],
  blank: boolean,
): Splice {
  const last = partsOf(node).length - 1;
  const { to } = extentAt(text, node, last);
  const kept = keepsBlank(text, partAt(node, last).value);
  const lines = blocks.flatMap((block, at) => (blank && (at > 0 || !kept) ? ["", ...block] : block));
  return { from: to, to, insert: linesAt(text, to, lines, style.lineBreak) };
}

function insertBefore(
  { text, style }: FlowDocument,
  node: MapNode | ListNode,
  index: number,
  blocks: readonly (readonly string[])[],
  blank: boolean,
): Splice {
  const { start } = partAt(node, index);
  if (!startsLine(text, start)) {
    // The first part stands behind a dash: the new one takes its place there.
    const insert = blocks.flat().join(style.lineBreak).trimStart() + style.lineBreak;
    return { from: start, to: start, insert: insert + " ".repeat(columnOf(text, start)) };
  }
  const { lead } = extentAt(text, node, index);
  const before = partsOf(node)[index - 1];
  const isApart = !before || keepsBlank(text, before.value) || blankBefore(text, lead) < lead;
  const lines = blocks.flatMap((block) => (blank ? [...block, ""] : block));
  if (blank && !isApart) lines.unshift("");
  return { from: lead, to: lead, insert: linesAt(text, lead, lines, style.lineBreak) };
}

/** Lines as they are put in at the begin of a line, or at the end of a text whose last line has no break. */
export function linesAt(text: string, at: number, lines: readonly string[], lineBreak: string): string {
  const joined = lines.join(lineBreak);
  return at > 0 && text[at - 1] !== "\n" ? lineBreak + joined : joined + lineBreak;
}

function extentAt(text: string, node: MapNode | ListNode, index: number): Extent {
  const extent = extentOf(text, node, index);
  if (!extent) throw new RangeError(`no part ${index}`);
  return extent;
}

function partAt(node: MapNode | ListNode, index: number): Part {
  const part = partsOf(node)[index];
  if (!part) throw new RangeError(`no part ${index}`);
  return part;
}

function insertInline(
  { text, style }: FlowDocument,
  node: MapNode | ListNode,
  index: number,
  added: string,
): Splice[] {
  if (!"{[".includes(text[node.from] ?? ""))
    throw new Refused("unusual", "a map without braces stands in a list there", [node]);
  const parts = partsOf(node);
  const before = parts[index];
  const last = parts.at(-1);
  if (!last) {
    const space = node.kind === "map" ? style.inBraces : style.inBrackets;
    const inside = text.slice(node.from + 1, node.to - 1);
    if (inside.trim() !== "") return [{ from: node.from + 1, to: node.from + 1, insert: ` ${added} ` }];
    return [{ from: node.from + 1, to: node.to - 1, insert: space + added + space }];
  }
  const ownLines = startsLine(text, last.start);
  const between = ownLines ? style.lineBreak + " ".repeat(columnOf(text, last.start)) : " ";
  if (before) return [{ from: before.start, to: before.start, insert: `${added},${between}` }];
  return insertInlineLast(text, node, last, between, added);
}

function insertInlineLast(
  text: string,
  node: MapNode | ListNode,
  last: Part,
  between: string,
  added: string,
): Splice[] {
  const end = last.value.to;
  const line = lineEnd(text, end);
  if (between === " " || line >= node.to - 1) return [{ from: end, to: end, insert: `,${between}${added}` }];
  // A comment behind the last part stays with it: the new one goes below.
  const comma = /^\s*,/.test(text.slice(end, line));
  const below = { from: line, to: line, insert: between + added + (comma ? "," : "") };
  return comma ? [below] : [{ from: end, to: end, insert: "," }, below];
}

/**
 * Takes out the parts with these indices; not all of them. `keepHead`: comments above the first part stay, since
 * they may say something of the whole.
 */
export function removeParts(
  document: FlowDocument,
  node: MapNode | ListNode,
  indices: ReadonlySet<number>,
  keepHead = false,
): Splice[] {
  const runs = runsOf(indices);
  if (node.flow) return runs.map((run) => removeInline(document, node, run));
  const apart = runs.flatMap((run) => withoutLoose(document.text, node, run));
  return apart.map((run) => removeLines(document, node, run, keepHead));
}

/** A comment between two parts that belongs to neither stays. */
function withoutLoose(text: string, node: MapNode | ListNode, { first, last }: Run): Run[] {
  const runs: { first: number; last: number }[] = [{ first, last: first }];
  for (let index = first + 1; index <= last; index += 1) {
    const between = text.slice(extentAt(text, node, index - 1).to, extentAt(text, node, index).lead);
    const run = runs.at(-1);
    if (run && between.trim() === "") run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs;
}

interface Run {
  readonly first: number;
  readonly last: number;
}

function runsOf(indices: ReadonlySet<number>): Run[] {
  const runs: { first: number; last: number }[] = [];
  for (const index of [...indices].toSorted((left, right) => left - right)) {
    const run = runs.at(-1);
    if (run && run.last === index - 1) run.last = index;
    else runs.push({ first: index, last: index });
  }
  return runs;
}

function removeLines(
  { text }: FlowDocument,
  node: MapNode | ListNode,
  { first, last }: Run,
  keepHead: boolean,
): Splice {
  const next = partsOf(node)[last + 1];
  const { start } = partAt(node, first);
  if (!startsLine(text, start)) {
    if (!next)
      throw new Refused("unusual", "nothing would be left behind the dash", [partAt(node, first).value]);
    return { from: start, to: next.start, insert: "" };
  }
  const extent = extentAt(text, node, first);
  const from = first === 0 && keepHead ? extent.from : extent.lead;
  const { to } = extentAt(text, node, last);
  return { ...withoutBlank(text, from, to, partsOf(node)[first - 1]), insert: "" };
}

/** Lines to take out, with the blank lines that nothing needs then. */
function withoutBlank(
  text: string,
  from: number,
  to: number,
  before: Part | undefined,
): { from: number; to: number } {
  const behind = behindBlank(text, to);
  const above = blankBefore(text, from);
  const keeps = before !== undefined && keepsBlank(text, before.value);
  if (keeps || !before || above < from) {
    if (behind >= text.length && !keeps && before) return { from: above, to: behind };
    return { from, to: behind };
  }
  return { from, to };
}

function removeInline({ text }: FlowDocument, node: MapNode | ListNode, { first, last }: Run): Splice {
  const { start } = partAt(node, first);
  const end = partAt(node, last).value.to;
  const line = lineEnd(text, end);
  const onlyBehind = /^\s*,?\s*(#.*)?$/.test(text.slice(end, line)) || commentBehind(text, end) !== null;
  if (startsLine(text, start) && onlyBehind && line < node.to) {
    const from = leadInline(text, start, first === 0 ? node.from : partAt(node, first - 1).value.to);
    return { from, to: Math.min(line + (text[line] === "\r" ? 2 : 1), text.length), insert: "" };
  }
  const next = partsOf(node)[last + 1];
  if (next) return { from: start, to: next.start, insert: "" };
  return { from: first === 0 ? start : partAt(node, first - 1).value.to, to: end, insert: "" };
}

/** The first of the comment lines right above a part that begins its line. */
function leadInline(text: string, start: number, limit: number): number {
  let lead = text.lastIndexOf("\n", start - 1) + 1;
  while (lead > limit) {
    const above = text.lastIndexOf("\n", lead - 2) + 1;
    if (above <= limit || !text.slice(above, lead).trim().startsWith("#")) break;
    lead = above;
  }
  return lead;
}

/** Whether a node can be edited part by part. */
export function isCollection(node: Node): node is MapNode | ListNode {
  return node.kind === "map" || node.kind === "list";
}
