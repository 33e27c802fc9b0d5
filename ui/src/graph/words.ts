// What a node says, in words: for its second and third line, for the step list and for screen readers.

import type { GraphNode, State } from "../api/types";
import { count } from "../parts/format";
import { isEnded, STATES, TYPE_OF } from "../parts/states";
import type { LiveNode } from "./nodeStates";

/** States in the order in which counts are told: what needs a look first. */
const ORDER: readonly State[] = [
  "Failed",
  "TimedOut",
  "Crashed",
  "UpstreamFailed",
  "Paused",
  "Cancelling",
  "Running",
  "Retrying",
  "AwaitingRetry",
  "AwaitingSlot",
  "Late",
  "Scheduled",
  "Pending",
  "Completed",
  "Cached",
  "Skipped",
  "Cancelled",
];

/** `31 completed`, `4 running`, … most telling first. */
export function tally(live: LiveNode): string[] {
  return ORDER.filter((state) => (live.counts[state] ?? 0) > 0).map(
    (state) => `${live.counts[state]} ${STATES[state].word.toLowerCase()}`,
  );
}

/** The one fact below a node's name. */
export function factOf(node: GraphNode, inner: number): string {
  if (node.problems.length > 0) return count(node.problems.length, "problem");
  if (inner > 0) return `group of ${count(inner, "task")}`;
  return node.fact ?? node.kind;
}

/** The word of a state; of what has none yet, that it waits. */
export function stateWord(live: LiveNode | null): string {
  if (!live) return "";
  return live.state === null ? "Not begun" : STATES[live.state].word;
}

/** A node in one sentence, as a screen reader says it. */
export function spoken(node: GraphNode, inner: number, live: LiveNode | null): string {
  const parts = [node.path, inner > 0 ? "" : node.kind, stateWord(live), factOf(node, inner)];
  if (live && (node.mapped || live.total > 1)) parts.push(tally(live).join(", "));
  for (const problem of node.problems) parts.push(`${problem.severity}: ${problem.message}`);
  return parts.filter((part) => part !== "").join(", ");
}

/** How far a mapped task is: `48`, or `12/48` while items are under way. */
export function progress(live: LiveNode): string {
  let ended = 0;
  for (const state of ORDER) if (isEnded(TYPE_OF[state])) ended += live.counts[state] ?? 0;
  return ended === live.total ? String(live.total) : `${ended}/${live.total}`;
}
