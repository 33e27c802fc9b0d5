// How a file is written, so that what is added looks like what is there.

import { columnOf, startsLine } from "./lines";
import type { Entry, Node } from "./tree";

export interface Style {
  readonly lineBreak: "\n" | "\r\n";
  /** columns of one level */
  readonly indent: number;
  /** columns of a list's dash from the key above it */
  readonly listIndent: number;
  readonly quote: '"' | "'";
  /** spaces inside of braces and brackets */
  readonly inBraces: "" | " ";
  readonly inBrackets: "" | " ";
}

/** A file is written one way: a look at its beginning is enough. */
const ENOUGH = 16_384;

export function styleOf(text: string, root: Node | null): Style {
  const head = text.slice(0, ENOUGH);
  const count = (pattern: RegExp) => head.match(pattern)?.length ?? 0;
  const indent = first(entriesOf(root), (entry) => indentBelow(text, entry)) ?? 2;
  return {
    lineBreak: count(/\r\n/g) * 2 > count(/\n/g) ? "\r\n" : "\n",
    indent,
    listIndent: first(entriesOf(root), (entry) => listBelow(text, entry, 3)) ?? indent,
    quote: count(/[:[,-] '/g) > count(/[:[,-] "/g) ? "'" : '"',
    inBraces: count(/(?<!\{)\{[^\s{}]/g) > count(/(?<!\{)\{ [^\s{}]/g) ? "" : " ",
    inBrackets: count(/[:,] \[ \S/g) > count(/[:,] \[[^\s\]]/g) ? " " : "",
  };
}

function entriesOf(node: Node | null): readonly Entry[] {
  if (node?.kind !== "map" || node.flow) return [];
  return node.entries.toSorted((left, right) => rank(left) - rank(right));
}

/** Tasks are what is added most: what they are like counts first. */
function rank(entry: Entry): number {
  return entry.name === "tasks" ? 0 : 1;
}

function first<T>(list: readonly T[], find: (one: T) => number | null): number | null {
  for (const one of list) {
    const found = find(one);
    if (found !== null) return found;
  }
  return null;
}

/** How far the block map below a key stands from it. */
export function indentBelow(text: string, { key, value }: Entry): number | null {
  if (value.kind !== "map" || value.flow) return null;
  const inner = value.entries[0];
  if (!inner || !startsLine(text, inner.start)) return null;
  const by = columnOf(text, inner.start) - columnOf(text, key.from);
  return by > 0 ? by : null;
}

/** How far a block list below a key stands from it, looked for some levels deep. */
function listBelow(text: string, { key, value }: Entry, levels: number): number | null {
  if (value.kind === "list" && !value.flow && value.items[0]) {
    return columnOf(text, value.items[0].start) - columnOf(text, key.from);
  }
  // A file is written one way: a look at some of it is enough.
  return levels === 0
    ? null
    : first(entriesOf(value).slice(0, 20), (entry) => listBelow(text, entry, levels - 1));
}
