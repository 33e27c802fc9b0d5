// What of a flow's graph is drawn: folded groups stand for what is in them, and edges end where something is
// drawn. Pure; it knows nothing of places on the screen.

import type { GraphEdge } from "../api/types";
import type { DrawnNode } from "./called";

/** How large a task is drawn. */
export interface Size {
  width: number;
  height: number;
  /** a mapped task may have a line more: how many of its items are in which state; what says why there is no task, too */
  mapped: number;
}

export const FULL: Size = { width: 174, height: 52, mapped: 70 };
/** Name and state only, where a graph stands beside other things. */
export const SMALL: Size = { width: 126, height: 28, mapped: 28 };

export interface ShapeNode {
  id: number;
  node: DrawnNode;
  /** the drawn group that it stands in */
  parent: number | null;
  /** how many groups stand around it */
  depth: number;
  /** how many tasks stand in it, at any depth; 0: it is no group */
  inner: number;
  /** a group whose inside is not drawn */
  folded: boolean;
  width: number;
  height: number;
  small: boolean;
}

/** An edge, and what became of it where two versions are drawn as one graph. */
export interface DrawnEdge extends GraphEdge {
  readonly change?: "added" | "removed";
}

export interface ShapeEdge extends DrawnEdge {
  id: string;
}

export interface Shape {
  nodes: ShapeNode[];
  edges: ShapeEdge[];
  /** the same for all shapes that are laid out the same */
  key: string;
  small: boolean;
}

interface Content {
  nodes: readonly DrawnNode[];
  edges: readonly DrawnEdge[];
}

/** The part of the graph that is drawn while these groups are folded. Groups come before what is in them. */
export function shapeOf(graph: Content, folded: ReadonlySet<number>, size: Size = FULL): Shape {
  const byTask = new Map(graph.nodes.map((node) => [node.task, node]));
  const inner = countInner(graph.nodes, byTask);
  const drawn = (task: number) => drawnFor(task, byTask, folded);
  const nodes = graph.nodes
    .filter((node) => drawn(node.task) === node.task)
    .map((node) =>
      shapeNode(node, inner.get(node.task) ?? 0, folded.has(node.task), depth(node, byTask), size),
    );
  nodes.sort((left, right) => left.depth - right.depth);
  const edges = drawnEdges(graph.edges, drawn);
  return { nodes, edges, key: keyOf(nodes, edges), small: size === SMALL };
}

function shapeNode(node: DrawnNode, inner: number, folded: boolean, around: number, size: Size): ShapeNode {
  return {
    id: node.task,
    node,
    parent: node.parent,
    depth: around,
    inner,
    folded: inner > 0 && folded,
    width: size.width,
    height: node.mapped || node.called?.says ? size.mapped : size.height,
    small: size === SMALL,
  };
}

function countInner(
  nodes: readonly DrawnNode[],
  byTask: ReadonlyMap<number, DrawnNode>,
): Map<number, number> {
  const inner = new Map<number, number>();
  for (const node of nodes) {
    for (const above of ancestors(node, byTask)) inner.set(above, (inner.get(above) ?? 0) + 1);
  }
  return inner;
}

/** The groups around a task, from the nearest on. */
function ancestors(node: DrawnNode, byTask: ReadonlyMap<number, DrawnNode>): number[] {
  const found: number[] = [];
  let parent = node.parent;
  while (parent !== null && !found.includes(parent)) {
    found.push(parent);
    parent = byTask.get(parent)?.parent ?? null;
  }
  return found;
}

function depth(node: DrawnNode, byTask: ReadonlyMap<number, DrawnNode>): number {
  return ancestors(node, byTask).length;
}

/** What is drawn for a task: itself, or the outermost folded group around it. */
function drawnFor(task: number, byTask: ReadonlyMap<number, DrawnNode>, folded: ReadonlySet<number>): number {
  const node = byTask.get(task);
  if (!node) return task;
  return ancestors(node, byTask).findLast((above) => folded.has(above)) ?? task;
}

function drawnEdges(edges: readonly DrawnEdge[], drawn: (task: number) => number): ShapeEdge[] {
  const found = new Map<string, ShapeEdge>();
  for (const edge of edges) {
    const from = drawn(edge.from);
    const to = drawn(edge.to);
    const id = `${from}-${edge.on}-${to}${edge.change ? `-${edge.change}` : ""}`;
    if (from === to) continue;
    const known = found.get(id);
    // Several edges that folding made one: it is implied only if all of them are.
    if (known) known.implied &&= edge.implied;
    else found.set(id, { ...edge, from, to, id });
  }
  return [...found.values()];
}

/** What the places depend on, and nothing else: states, names and problems change nothing. */
function keyOf(nodes: readonly ShapeNode[], edges: readonly ShapeEdge[]): string {
  const boxes = nodes.map(({ id, parent, width, height, inner, folded }) => [
    id,
    parent,
    width,
    height,
    inner > 0 && !folded,
  ]);
  // Edges are known by what they are, so that of two that were exchanged each has its own line.
  const lines = edges.map(({ from, to, condition, change }) => [
    from,
    to,
    condition !== null,
    ...(change ? [change] : []),
  ]);
  return JSON.stringify([boxes, lines]);
}
