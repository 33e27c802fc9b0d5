// Edges between tasks, as `needs` names them.

import type { TaskPath } from "./document";
import { type Draft, Refused } from "./draft";
import { changeNeeds } from "./needs";
import { taskAt } from "./removeTasks";
import { type Outcome, tasksOf } from "./tasks";

/** From a task to a sibling that waits for it. */
export interface EdgeEnds {
  readonly from: TaskPath;
  readonly to: TaskPath;
}

/** Draws an edge, or changes on what outcome it opens. */
export function setEdge(draft: Draft, { from, to }: EdgeEnds, on: Outcome): void {
  const upstream = taskAt(draft, from);
  const task = taskAt(draft, to);
  if (upstream === task) throw new Refused("cycle", `\`${task.name}\` cannot wait for itself`);
  if (upstream.parent !== task.parent) {
    throw new Refused(
      "cannot-keep",
      `\`needs\` names siblings: \`${to.join("/")}\` and \`${from.join("/")}\` are none`,
    );
  }
  changeNeeds(draft, to, { set: new Map([[upstream.name, on]]) });
}

/** Takes an edge away. One that an expression implies goes only with the expression. */
export function removeEdge(draft: Draft, { from, to }: EdgeEnds): void {
  const task = taskAt(draft, to);
  const name = from.at(-1) ?? "";
  if (!task.needs.some((need) => need.name === name)) refuseMissing(draft, from, to);
  changeNeeds(draft, to, { remove: new Set([name]) });
}

function refuseMissing(draft: Draft, from: TaskPath, to: TaskPath): never {
  const graph = tasksOf(draft.document);
  const upstream = taskAt(draft, from);
  const inside = graph.all.filter((task) => to.every((name, at) => task.path[at] === name));
  const spans = inside.flatMap((reader) =>
    reader.expressions.flatMap(({ mentions }) =>
      mentions
        .filter((mention) => graph.chain(reader, mention)[0]?.task === upstream)
        .flatMap((mention) => mention.spans.slice(1, 2)),
    ),
  );
  if (spans.length > 0) {
    throw new Refused(
      "cannot-keep",
      `an expression of \`${to.join("/")}\` reads \`${upstream.name}\``,
      spans,
    );
  }
  throw new Refused("unknown", `\`${to.join("/")}\` does not need \`${upstream.name}\``);
}
