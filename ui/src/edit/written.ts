// Tasks as they are written, comments and all, to be put in somewhere else.

import type { NewPart } from "./collection";
import { hasComments } from "./comments";
import { childrenOf, type FlowDocument, type TaskPath } from "./document";
import { Refused } from "./draft";
import { type Extent, extentOf, keepsBlank, partsOf } from "./extent";
import { isJsonMap, toJson } from "./json";
import { columnOf, lineEnd, lineStart, moveLines } from "./lines";
import type { Node } from "./tree";
import { inline, keyText } from "./writer";

/** A task's own text. `comments`: lines that come before it. */
export function writtenTask(
  document: FlowDocument,
  task: TaskPath,
  above: readonly string[] = [],
  below: readonly string[] = [],
): NewPart {
  const entry = document.task(task);
  const tasks = document.tasksIn(task.slice(0, -1));
  if (!entry || !tasks) throw new Refused("unknown", `there is no task \`${task.join("/")}\``);
  const { text, style } = document;
  checkAnchors(document, entry.value);
  if (tasks.flow) {
    const source = text.slice(entry.start, Math.max(entry.value.to, entry.colon));
    const from = columnOf(text, lineStart(text, entry.start) + indentAt(text, entry.start));
    return {
      inline: () => source,
      lines: (column) => [
        ...above,
        ...linesOf(" ".repeat(column) + moveLines(source, column - from)),
        ...below,
      ],
    };
  }
  const extent = extentOf(text, tasks, tasks.entries.indexOf(entry));
  if (!extent) throw new Refused("unknown", `there is no task \`${task.join("/")}\``);
  const source = withoutKeep(document, entry.value, extent).replace(/\r?\n$/, "");
  const from = columnOf(text, entry.start);
  return {
    inline: () => {
      const isCommented = hasComments(text, extent.lead, extent.to, [entry.key, entry.value]);
      if (isCommented || !isJsonMap(toJson(document, entry.value))) {
        throw new Refused("unusual", "comments would be lost: tasks in braces stand around it there", [
          entry.key,
        ]);
      }
      return `${keyText(entry.name, style)}: ${inline(toJson(document, entry.value), style)}`;
    },
    lines: (column) => [
      ...above.map((line) => " ".repeat(column) + line),
      ...linesOf(moveLines(`\n${source}`, column - from).slice(1)),
      ...below.map((line) => " ".repeat(column) + line),
    ],
  };
}

/** An anchor that stands more than once means the last one before: elsewhere that is another. */
function checkAnchors(document: FlowDocument, node: Node): void {
  const name = node.kind === "alias" ? node.name : node.anchor;
  if (name !== null && document.anchors.repeated.has(name)) {
    throw new Refused("anchored", `the anchor \`&${name}\` stands more than once in the file`, [node]);
  }
  for (const child of childrenOf(node)) checkAnchors(document, child);
}

/**
 * Block text behind `|+` keeps the blank lines below it, which are others elsewhere: where there are none, it is
 * the same without the plus.
 */
function withoutKeep({ text }: FlowDocument, value: Node, { lead, to }: Extent): string {
  if (!keepsBlank(text, value)) return text.slice(lead, to);
  const last = lastOf(value);
  if (last.kind !== "scalar" || /\n\n$/.test(String(last.value))) {
    throw new Refused("unusual", "the text at its end keeps the blank lines below it (`|+`)", [last]);
  }
  const plus = text.indexOf("+", last.from);
  return text.slice(lead, plus) + text.slice(plus + 1, to);
}

function lastOf(node: Node): Node {
  const last = node.kind === "map" || node.kind === "list" ? partsOf(node).at(-1) : undefined;
  return last ? lastOf(last.value) : node;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/);
}

function indentAt(text: string, at: number): number {
  const start = lineStart(text, at);
  return Math.max(0, text.slice(start, lineEnd(text, at)).search(/\S/));
}
