// What a node says, in words: for its second and third line, for the step list and for screen readers.

import type { Graph, GraphEdge, State } from "../api/types";
import { count } from "../parts/format";
import { isEnded, STATES, TYPE_OF } from "../parts/states";
import { type DrawnNode, innerPath } from "./called";
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
export function factOf(node: DrawnNode, inner: number): string {
  if (node.problems.length > 0) return count(node.problems.length, "problem");
  if (inner > 0 && node.kind === "flow") return `flow ${node.fact ?? ""}`;
  if (inner > 0) return `group of ${count(inner, "task")}`;
  // Of what is said instead of a task, code is no other than the rest here.
  return node.called?.says ? (node.fact ?? "").replaceAll("`", "") : (node.fact ?? node.kind);
}

/** What a task waits for at an edge: `load failed`. */
export function needWord({ on, implied }: GraphEdge, name: string): string {
  return `${name}${on === "succeeded" ? "" : ` ${on}`}${implied ? " (read by an expression)" : ""}`;
}

/** What a task waits for: `after load, check failed`; empty: nothing. */
export function needsOf({ nodes, edges }: Pick<Graph, "nodes" | "edges">, task: number): string {
  const name = (of: number) => nodes.find((node) => node.task === of)?.name ?? "";
  const needs = edges.filter((edge) => edge.to === task).map((edge) => needWord(edge, name(edge.from)));
  return needs.length === 0 ? "" : `after ${needs.join(", ")}`;
}

/** The word of a state; of what has none yet, that it waits. */
export function stateWord(live: LiveNode | null): string {
  if (!live) return "";
  return live.state === null ? "Not begun" : STATES[live.state].word;
}

/** A node in one sentence, as a screen reader says it. */
export function spoken(node: DrawnNode, inner: number, live: LiveNode | null): string {
  const { called } = node;
  if (called && called.says !== null) return `${node.name}: ${factOf(node, inner)}`;
  const path = called ? `${innerPath(node.path)} of the flow ${called.flow}` : node.path;
  const parts = [path, inner > 0 ? "" : node.kind, stateWord(live), factOf(node, inner)];
  if (inner > 0 && node.kind === "flow") parts.push("opened here");
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
