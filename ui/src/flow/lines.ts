// Which lines of a flow's text are which task: from the line it begins on to the one before what comes after it.

import type { GraphNode } from "../api/types";

type Node = Pick<GraphNode, "task" | "line">;

export interface Range {
  from: number;
  to: number;
}

/** The lines of a task; of a group, with all that is in it. */
export function linesOf(nodes: readonly Node[], task: number, text: string): Range | null {
  const node = nodes.find((one) => one.task === task);
  if (!node) return null;
  const lines = text.split("\n");
  const indent = indentOf(lines[node.line - 1] ?? "");
  let to = node.line;
  for (let line = node.line + 1; line <= lines.length; line++) {
    const content = lines[line - 1] ?? "";
    if (content.trim() === "") continue;
    if (indentOf(content) <= indent) break;
    to = line;
  }
  return { from: node.line, to };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** The innermost task that the line belongs to. */
export function taskAt(nodes: readonly Node[], line: number, text: string): number | null {
  let best: { task: number; from: number } | null = null;
  for (const { task } of nodes) {
    const range = linesOf(nodes, task, text);
    if (range && line >= range.from && line <= range.to && (best === null || range.from > best.from))
      best = { task, from: range.from };
  }
  return best?.task ?? null;
}
