// Another name for a task: its key, what its siblings need, and what expressions read.

import type { FlowDocument, TaskPath } from "./document";
import { type Draft, Refused, type Span } from "./draft";
import { checkName } from "./name";
import { checkReads, looseMentions } from "./reads";
import { taskAt } from "./removeTasks";
import { removeRepeated } from "./repeated";
import { type Task, tasksOf } from "./tasks";

export function renameTask(draft: Draft, path: TaskPath, name: string): void {
  const before = draft.document;
  const task = taskAt(draft, path);
  if (name === task.name) return;
  checkName(before, path.slice(0, -1), name);
  draft.note(looseMentions(before, task, task.name));
  const spans = [
    keyOf(before, path),
    ...needsOf(task, tasksOf(before).siblings(task.parent)),
    ...readsOf(before, task),
  ];
  checkShared(before, task, spans);
  draft.splice(
    removeRepeated(spans).map((span) => ({ ...span, insert: insertFor(before, span, task.name, name) })),
  );
  const renamed = [...path.slice(0, -1), name];
  checkReads(before, draft.document, [task.name, name], (other) =>
    path.every((part, at) => other[at] === part) ? [...renamed, ...other.slice(path.length)] : other,
  );
  draft.name(renamed);
}

function keyOf(document: FlowDocument, path: TaskPath): Span {
  const key = document.task(path)?.key;
  if (!key) throw new Refused("unknown", `there is no task \`${path.join("/")}\``);
  return { from: key.from, to: key.to };
}

function needsOf(task: Task, siblings: readonly Task[]): Span[] {
  return siblings.flatMap((sibling) => sibling.needs.filter((need) => need.name === task.name));
}

function readsOf(document: FlowDocument, task: Task): Span[] {
  const graph = tasksOf(document);
  const found: Span[] = [];
  for (const reader of [null, ...graph.all]) {
    if (reader && !reader.mayName(task.name)) continue;
    for (const { mentions } of reader?.expressions ?? graph.expressions) {
      for (const mention of mentions) {
        const link = graph.chain(reader, mention).find((one) => one.task === task);
        const span = link && mention.spans[link.index];
        if (span) found.push(span);
      }
    }
  }
  return found;
}

/** The name in its place; quotes of a key or an item stay. */
function insertFor({ text }: FlowDocument, { from, to }: Span, old: string, name: string): string {
  const written = text.slice(from, to);
  return written.includes(old) ? written.replace(old, name) : name;
}

/** A place that an alias repeats is read in several ways: all of them must mean the task. */
function checkShared(document: FlowDocument, task: Task, spans: readonly Span[]): void {
  if (document.anchors.isEmpty) return;
  const graph = tasksOf(document);
  const meant = new Set(spans.map((span) => span.from));
  for (const [reader, expressions] of graph.readers()) {
    for (const mention of expressions.flatMap((expression) => expression.mentions)) {
      const links = graph.chain(reader, mention);
      for (const [index, span] of mention.spans.entries()) {
        const other = links.find((link) => link.index === index)?.task;
        if (meant.has(span.from) && other !== task) refuseShared(task, span);
      }
    }
  }
  for (const other of graph.all) {
    for (const need of other.needs) {
      if (meant.has(need.from) && (other.parent !== task.parent || need.name !== task.name))
        refuseShared(task, need);
    }
  }
}

function refuseShared(task: Task, span: Span): never {
  throw new Refused("anchored", `an alias repeats this place where \`${task.name}\` is another task`, [span]);
}
