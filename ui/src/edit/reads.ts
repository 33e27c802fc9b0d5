// What expressions read, compared before and after an edit: none may come to read another task by chance.

import type { FlowDocument, TaskPath } from "./document";
import { type Note, Refused, type Span } from "./draft";
import { type Task, tasksOf } from "./tasks";

/** The task of each mention, in order, by the path of its reader (`""`: the flow itself). */
type Reads = ReadonlyMap<string, readonly { readonly target: string; readonly at: Span }[]>;

function readsOf(document: FlowDocument, names: readonly string[] | null): Reads {
  const graph = tasksOf(document);
  const found = new Map<string, { target: string; at: Span }[]>();
  for (const reader of [null, ...graph.all]) {
    if (names && reader && !names.some((name) => reader.mayName(name))) continue;
    const expressions = reader?.expressions ?? graph.expressions;
    const mentions = expressions
      .flatMap((expression) => expression.mentions)
      .filter(({ path }) => !names || names.includes(path[1] ?? ""));
    const targets = mentions.map((mention) => ({
      target: graph.chain(reader, mention).at(-1)?.task.path.join("/") ?? "",
      at: mention.spans[1] ?? mention.spans[0] ?? { from: 0, to: 0 },
    }));
    if (targets.length > 0) found.set(reader?.path.join("/") ?? "", targets);
  }
  return found;
}

/**
 * Refuses an edit after which an expression reads another task. `names`: only what is read under these can have
 * changed, `null`: anything. `moved`: where a task of before is now, `null`: gone.
 */
export function checkReads(
  before: FlowDocument,
  after: FlowDocument,
  names: readonly string[] | null,
  moved: (path: TaskPath) => TaskPath | null = (path) => path,
): void {
  const now = readsOf(after, names);
  const place = (path: string) => (path === "" ? "" : (moved(path.split("/"))?.join("/") ?? null));
  for (const [reader, reads] of readsOf(before, names)) {
    const then = now.get(place(reader) ?? "");
    for (const [at, { target }] of reads.entries()) {
      const wanted = place(target);
      const found = then?.[at];
      // What named nothing may name something now: that is what a new task is for.
      if (target === "" || wanted === null || !found || found.target === wanted) continue;
      throw new Refused(
        "name-hidden",
        `an expression in \`${reader || "the flow"}\` would read \`${found.target || "nothing"}\` instead of \`${target}\``,
        [found.at],
      );
    }
  }
}

/** Places that name the task in ways which no edit follows: code, and names looked up in values. */
export function looseMentions(document: FlowDocument, task: Task, name: string): Note[] {
  const graph = tasksOf(document);
  const notes: Note[] = [];
  for (const reader of graph.all) {
    if (!reader.mayName(name) || graph.visible(reader, task.name) !== task) continue;
    for (const input of reader.inputs) {
      if (input.name === name)
        notes.push({ kind: "code", task: reader.path, name, from: input.from, to: input.to });
    }
  }
  if (!task.parent?.isMapped) return notes;
  for (const [reader, expressions] of graph.readers()) {
    for (const { mentions, others } of expressions) {
      if (!mentions.some((mention) => graph.chain(reader, mention).at(-1)?.task === task.parent)) continue;
      for (const { name: other, from, to } of others) {
        if (other === name) notes.push({ kind: "expression", task: reader?.path ?? null, name, from, to });
      }
    }
  }
  return notes;
}

/** Expressions and code that read one of the tasks, outside of them. */
export function readersOf(document: FlowDocument, tasks: ReadonlySet<Task>): Note[] {
  const graph = tasksOf(document);
  const isInside = (task: Task | null): boolean =>
    task !== null && (tasks.has(task) || isInside(task.parent));
  const notes: Note[] = [];
  for (const [reader, expressions] of graph.readers()) {
    if (isInside(reader)) continue;
    const task = reader?.path ?? null;
    for (const mention of expressions.flatMap((expression) => expression.mentions)) {
      const link = graph.chain(reader, mention).find((one) => tasks.has(one.task));
      const span = link && mention.spans[link.index];
      if (link && span) notes.push({ kind: "expression", task, name: link.task.name, ...span });
    }
    for (const { name, from, to } of reader?.inputs ?? []) {
      const found = reader && graph.visible(reader, name);
      if (found && tasks.has(found)) notes.push({ kind: "code", task, name, from, to });
    }
  }
  return notes;
}
