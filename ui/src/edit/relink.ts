// What expressions read, written for where the tasks will stand: `tasks.fetch.output` is
// `tasks.group.output.fetch` from outside of the group that the task moves into.

import type { FlowDocument } from "./document";
import { Refused, type Span } from "./draft";
import type { Mention } from "./mention";
import type { Splice } from "./splice";
import type { Arrangement, Spot } from "./spot";
import type { Link, Task } from "./tasks";

export function relink(document: FlowDocument, arrangement: Arrangement): Splice[] {
  const found = new Map<number, Splice | null>();
  const losing = arrangement.losing();
  for (const [reader, expressions] of arrangement.graph.readers()) {
    for (const mention of expressions.flatMap((expression) => expression.mentions)) {
      const splice = relinked(document, arrangement, losing, reader, mention);
      const at = mention.spans[0]?.from ?? 0;
      const before = found.get(at);
      if (before !== undefined && before?.insert !== splice?.insert) {
        throw new Refused(
          "anchored",
          "an alias repeats an expression that would have to differ",
          mention.spans.slice(0, 1),
        );
      }
      found.set(at, splice);
    }
  }
  return [...found.values()].filter((splice) => splice !== null);
}

function relinked(
  { text }: FlowDocument,
  arrangement: Arrangement,
  losing: ReadonlySet<Task>,
  reader: Task | null,
  mention: Mention,
): Splice | null {
  const link = arrangement.graph.chain(reader, mention).at(-1);
  if (!link || (reader !== null && reader === arrangement.dissolved)) return null;
  const { path, spans } = mention;
  const span = spans[1] ?? { from: 0, to: 0 };
  if (link.task === arrangement.dissolved || losing.has(link.task)) {
    throw new Refused("cannot-keep", `an expression reads \`${path.join(".")}\` as a whole`, [span]);
  }
  const isOutput = link.index > 1 || path[2] === "output";
  const last = link.index === 1 && isOutput ? 2 : link.index;
  const names = namesOf(arrangement, reader, link, isOutput, span);
  if (names.join(".") === path.slice(1, last + 1).join(".")) return null;
  const from = spans[0]?.to ?? 0;
  return {
    from,
    to: endOfPath(text, spans[last]?.to ?? from),
    insert: names.map((name) => `.${name}`).join(""),
  };
}

/** `["name"]` goes as a whole. */
function endOfPath(text: string, at: number): number {
  return at + (/^\\?["']\s*\]/.exec(text.slice(at, at + 64))?.[0].length ?? 0);
}

function namesOf(
  arrangement: Arrangement,
  reader: Task | null,
  { task }: Link,
  isOutput: boolean,
  span: Span,
): string[] {
  const target = arrangement.at(task).chain;
  const scopes = scopesOf(reader && arrangement.at(reader));
  const at = target.findLastIndex((spot) => scopes.includes(spot.parent));
  const [seen, ...inner] = target.slice(at);
  if (!seen) throw new RangeError("the top level is always seen");
  checkSeen(arrangement, scopes, seen, span);
  if (reader && arrangement.at(reader).chain.includes(seen) && !isAround(task, reader)) {
    throw new Refused("cycle", `\`${reader.name}\` would read the group that it stands in`, [span]);
  }
  if (inner.length === 0) return isOutput ? [seen.name, "output"] : [seen.name];
  if (!isOutput) {
    throw new Refused(
      "cannot-keep",
      `from outside of a group only outputs are seen, not \`${task.name}\`'s state`,
      [span],
    );
  }
  const mapped = [seen, ...inner.slice(0, -1)].find((spot) => spot.task?.isMapped);
  if (mapped) {
    throw new Refused("cannot-keep", `\`${mapped.name}\` runs once an item: its output is a list`, [span]);
  }
  return [seen.name, "output", ...inner.map((spot) => spot.name)];
}

/** Whether the file has that mistake already. */
function isAround(task: Task, reader: Task): boolean {
  for (let around: Task | null = reader; around; around = around.parent) {
    if (around === task) return true;
  }
  return false;
}

/** The groups whose tasks a reader sees, from the inside out; `null`: the flow. */
function scopesOf(reader: Spot | null): (Spot | null)[] {
  const scopes = reader?.chain.slice(0, -1).reverse() ?? [];
  return [...scopes, null];
}

function checkSeen(arrangement: Arrangement, scopes: readonly (Spot | null)[], seen: Spot, span: Span): void {
  const first = scopes.find((scope) => arrangement.inside(scope).has(seen.name));
  if (first !== seen.parent) {
    throw new Refused("name-hidden", `another task \`${seen.name}\` would hide the one that is read`, [span]);
  }
}
