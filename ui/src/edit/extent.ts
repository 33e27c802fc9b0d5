// Which lines belong to an entry of a block map, or an item of a block list: its own, the comment lines right
// above it, and comments below that stand deeper than it.

import { columnOf, lineEnd, lineStart, nextLine, startsLine } from "./lines";
import { endOf, type ListNode, type MapNode, type Node } from "./tree";

export interface Extent {
  /** the first line of the comments above it, or its own */
  readonly lead: number;
  /** its own first line */
  readonly from: number;
  /** the line behind its last */
  readonly to: number;
}

/** An entry of a map or an item of a list. */
export interface Part {
  readonly start: number;
  readonly value: Node;
}

export function partsOf(node: MapNode | ListNode): readonly Part[] {
  return node.kind === "map" ? node.entries : node.items;
}

/** `node` stands in block form. */
export function extentOf(text: string, node: MapNode | ListNode, index: number): Extent | null {
  const parts = partsOf(node);
  const part = parts[index];
  if (!part) return null;
  const before = parts[index - 1];
  const from = lineStart(text, part.start);
  const column = columnOf(text, part.start);
  const limit = before ? tailEnd(text, before) : headEnd(text, from);
  return {
    lead: startsLine(text, part.start) ? leadStart(text, from, column, limit) : part.start,
    from,
    to: tailEnd(text, part),
  };
}

/** The line behind the last one of a node. */
export function lineBehind(text: string, node: Node): number {
  const end = endOf(node);
  return end > 0 && text[end - 1] === "\n" ? end : nextLine(text, end);
}

/** The line behind the last one of a part and of the deeper comments below it. */
function tailEnd(text: string, part: Part): number {
  const column = columnOf(text, part.start);
  let end = lineBehind(text, part.value);
  for (let at = end; at < text.length; at = nextLine(text, at)) {
    const line = text.slice(at, lineEnd(text, at));
    if (line.trim() === "") continue;
    const indent = line.search(/\S/);
    if (line[indent] !== "#" || indent <= column) break;
    end = nextLine(text, at);
  }
  return end;
}

/** Comments above the first part may reach up to the line behind the key that it stands below. */
function headEnd(text: string, from: number): number {
  let at = from;
  while (at > 0) {
    const above = lineStart(text, at - 1);
    const line = text.slice(above, lineEnd(text, above)).trim();
    if (line !== "" && !line.startsWith("#")) break;
    at = above;
  }
  return at;
}

function leadStart(text: string, from: number, column: number, limit: number): number {
  let lead = from;
  while (lead > limit) {
    const above = lineStart(text, lead - 1);
    const line = text.slice(above, lineEnd(text, above));
    const indent = line.search(/\S/);
    if (indent < 0 || line[indent] !== "#" || indent > column || above < limit) break;
    lead = above;
  }
  return lead;
}

/** The line behind the blank lines from here on. */
export function behindBlank(text: string, at: number): number {
  let end = at;
  while (end < text.length && text.slice(end, lineEnd(text, end)).trim() === "") end = nextLine(text, end);
  return end;
}

/** The first of the blank lines that end here. */
export function blankBefore(text: string, at: number): number {
  let start = at;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (text.slice(above, start).trim() !== "") break;
    start = above;
  }
  return start;
}

/** Whether the blank lines behind a node are its own: block text that keeps them. */
export function keepsBlank(text: string, node: Node): boolean {
  if (node.kind === "scalar") {
    const block = node.style === "literal" || node.style === "folded";
    return block && /^[|>]\d?\+/.test(text.slice(node.from, node.from + 3));
  }
  if (node.kind === "alias" || node.flow) return false;
  const last = partsOf(node).at(-1);
  return last !== undefined && keepsBlank(text, last.value);
}
