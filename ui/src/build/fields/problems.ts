// Which value of the file a problem is about.

import type { Diagnostic } from "../../api/types";
import type { FlowDocument } from "../../edit/document";
import type { Node } from "../../edit/tree";
import type { ValuePath } from "../../edit/value";

export interface PlacedProblem {
  readonly path: ValuePath;
  readonly problem: Diagnostic;
}

/** Where each problem stands; the problems are of the document's text. */
export function placed(document: FlowDocument, problems: readonly Diagnostic[]): readonly PlacedProblem[] {
  if (!document.root || problems.length === 0) return [];
  const starts = lineStarts(document.text);
  return problems.map((problem) => {
    const at = (starts[problem.line - 1] ?? 0) + problem.column - 1;
    return { path: document.root ? pathAt(document.root, at) : [], problem };
  });
}

/** Those about the value at a path, or about something in it. */
export function problemsIn(all: readonly PlacedProblem[], path: ValuePath): readonly Diagnostic[] {
  return all
    .filter((one) => path.every((key, depth) => one.path[depth] === key))
    .map(({ problem }) => problem);
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function pathAt(root: Node, at: number): ValuePath {
  const path: (string | number)[] = [];
  for (let node: Node | undefined = root; node; ) node = step(node, at, path);
  return path;
}

function step(node: Node, at: number, path: (string | number)[]): Node | undefined {
  if (node.kind === "map") {
    const entry = node.entries.find((one) => at >= one.start && at < Math.max(one.value.to, one.colon));
    if (!entry) return undefined;
    path.push(entry.name);
    return entry.value;
  }
  if (node.kind !== "list") return undefined;
  const index = node.items.findIndex((one) => at >= one.start && at < one.value.to);
  if (index < 0) return undefined;
  path.push(index);
  return node.items[index]?.value;
}
