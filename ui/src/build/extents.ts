// Which lines of a flow's text are which task.

import type { FlowDocument, TaskPath } from "../edit/document";
import { lineEnd, lineStart } from "../edit/lines";
import type { Entry } from "../edit/tree";

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** From the begin of the line of a task's name to the end of its last one. */
export function linesOfTask(document: FlowDocument, path: TaskPath): Range | null {
  const entry = document.task(path);
  return entry ? linesOfEntry(document.text, entry) : null;
}

function linesOfEntry(text: string, entry: Entry): Range {
  let to = Math.max(entry.value.to, entry.colon);
  while (to > entry.colon && /\s/.test(text[to - 1] ?? "")) to -= 1;
  return { from: lineStart(text, entry.start), to: lineEnd(text, to) };
}

/** The innermost task in whose lines the place is. */
export function taskAround(document: FlowDocument, at: number): TaskPath | null {
  let found: TaskPath = [];
  for (;;) {
    const entry = document
      .tasksIn(found)
      ?.entries.findLast((one) => lineStart(document.text, one.start) <= at);
    if (!entry || at > linesOfEntry(document.text, entry).to) return found.length > 0 ? found : null;
    found = [...found, entry.name];
  }
}
