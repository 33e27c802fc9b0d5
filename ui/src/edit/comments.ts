// Comments, found as what stands outside of scalars: a `#` in a text is none.

import { lineEnd } from "./lines";
import { isBlock, type Node } from "./tree";

/** Whether a comment stands between two places, around and inside of the nodes there. */
export function hasComments(text: string, from: number, to: number, nodes: readonly Node[]): boolean {
  let at = from;
  for (const [start, end] of nodes
    .flatMap((node) => scalarsIn(text, node))
    .toSorted((left, right) => left[0] - right[0])) {
    if (/(^|\s)#/.test(text.slice(Math.max(from, at - 1), start))) return true;
    at = end;
  }
  return /(^|\s)#/.test(text.slice(Math.max(from, at - 1), to));
}

function scalarsIn(text: string, node: Node): (readonly [number, number])[] {
  if (node.kind === "map") {
    return node.entries.flatMap(({ key, value }) => [...scalarsIn(text, key), ...scalarsIn(text, value)]);
  }
  if (node.kind === "list") return node.items.flatMap((item) => scalarsIn(text, item.value));
  if (node.kind === "alias" || node.to === node.from) return [];
  if (!isBlock(node)) return [[node.from, node.to]];
  // A comment may stand behind the bar.
  return [[Math.min(node.to, lineEnd(text, node.from)), node.to]];
}
