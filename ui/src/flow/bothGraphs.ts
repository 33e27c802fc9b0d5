// Two versions of a flow as one graph: all tasks and edges of both, and what became of each. What changed the
// engine says; here the two graphs are laid over each other by it. Pure.

import type { Graph, GraphDiff, GraphEdge, GraphNode, TaskChange } from "../api/types";
import type { DrawnEdge } from "../graph/shape";

export interface BothGraphs {
  readonly graph: { readonly nodes: readonly GraphNode[]; readonly edges: readonly DrawnEdge[] };
  /** by task, as they are numbered in the graph */
  readonly changes: ReadonlyMap<number, TaskChange>;
  /** the task of a path, as it is called on that side */
  readonly taskAt: (side: "left" | "right", path: string) => number | null;
}

/** The right graph, with what only the left one has put in where it stood. */
export function bothGraphs(left: Graph, right: Graph, diff: GraphDiff): BothGraphs {
  const onRight = new Map(right.nodes.map((node) => [node.path, node.task]));
  const now = renaming(diff);
  const numbers = new Map<number, number>();
  const onLeft = new Map<string, number>();
  const nodes = [...right.nodes];
  const parents = new Map(right.nodes.map((node) => [node.task, node.parent]));
  let next = Math.max(-1, ...right.nodes.map((node) => node.task)) + 1;
  let before: number | null = null;
  for (const node of left.nodes) {
    const known = onRight.get(now(node.path));
    const task = known ?? next;
    numbers.set(node.task, task);
    onLeft.set(node.path, task);
    if (known === undefined) {
      next += 1;
      const parent = node.parent === null ? null : (numbers.get(node.parent) ?? null);
      parents.set(task, parent);
      nodes.splice(placeBehind(nodes, before, around(parent, parents)), 0, { ...node, task, parent });
    }
    before = task;
  }
  const taskAt = (side: "left" | "right", path: string) =>
    (side === "left" ? onLeft : onRight).get(path) ?? null;
  const changes = new Map(
    diff.tasks.flatMap((change) => {
      const task = taskAt(change.change === "removed" ? "left" : "right", change.path);
      return task === null ? [] : [[task, change] as const];
    }),
  );
  return { graph: { nodes, edges: edgesOfBoth(left, right, diff, numbers) }, changes, taskAt };
}

/** What a path of the left side is called on the right: what is in a group goes with it. */
function renaming({ tasks }: GraphDiff): (path: string) => string {
  const names = new Map(tasks.flatMap(({ from, path }) => (from === null ? [] : [[from, path] as const])));
  return (path) => {
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const name = names.get(path.slice(0, end));
      if (name !== undefined) return name + path.slice(end);
    }
    return path;
  };
}

/** The group, and those around it; `null` stands for the flow itself. */
function around(parent: number | null, parents: ReadonlyMap<number, number | null>): Set<number | null> {
  const found = new Set<number | null>([null]);
  for (let at = parent; at !== null && !found.has(at); at = parents.get(at) ?? null) found.add(at);
  return found;
}

/** The place behind a task, past all that stands in groups which are not around it. */
function placeBehind(
  nodes: readonly GraphNode[],
  before: number | null,
  within: ReadonlySet<number | null>,
): number {
  let at = before === null ? 0 : nodes.findIndex((node) => node.task === before) + 1;
  for (let node = nodes[at]; node && !within.has(node.parent); node = nodes[at]) at += 1;
  return at;
}

function edgesOfBoth(
  left: Graph,
  right: Graph,
  diff: GraphDiff,
  numbers: ReadonlyMap<number, number>,
): DrawnEdge[] {
  const came = new Set(diff.edges.filter(({ change }) => change === "added").map(keyOf));
  const went = new Set(diff.edges.filter(({ change }) => change === "removed").map(keyOf));
  const keyIn = (graph: Graph) => {
    const paths = new Map(graph.nodes.map((node) => [node.task, node.path]));
    return ({ from, to, on, implied }: GraphEdge) =>
      keyOf({ from: paths.get(from) ?? "", to: paths.get(to) ?? "", on, implied });
  };
  const [keyOnLeft, keyOnRight] = [keyIn(left), keyIn(right)];
  const here = right.edges.map(
    (edge): DrawnEdge => (came.has(keyOnRight(edge)) ? { ...edge, change: "added" } : edge),
  );
  const gone = left.edges.flatMap((edge): DrawnEdge[] => {
    if (!went.has(keyOnLeft(edge))) return [];
    const [from, to] = [numbers.get(edge.from), numbers.get(edge.to)];
    return from === undefined || to === undefined ? [] : [{ ...edge, from, to, change: "removed" }];
  });
  return [...here, ...gone];
}

type Key = Pick<GraphDiff["edges"][number], "from" | "to" | "on" | "implied">;

function keyOf({ from, to, on, implied }: Key): string {
  return JSON.stringify([from, to, on, implied]);
}
