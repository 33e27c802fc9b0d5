// Two answers of the engine have most in common: what is the same keeps its identity, so that it is not drawn
// again.

import type { Graph, GraphNode } from "../api/types";

/** The graph with the parts of an earlier one that are the same. */
export function shared(before: Graph | null, graph: Graph): Graph {
  if (!before) return graph;
  const known = new Map(before.nodes.map((node) => [node.path, node]));
  const nodes = graph.nodes.map((node) => {
    const old = known.get(node.path);
    return old && isSame(old, node) ? old : node;
  });
  const areSame =
    nodes.length === before.nodes.length && nodes.every((node, at) => node === before.nodes[at]);
  const edges = isSame(before.edges, graph.edges) ? before.edges : graph.edges;
  if (areSame && edges === before.edges) return before;
  return { ...graph, nodes: areSame ? before.nodes : nodes, edges };
}

function isSame(left: GraphNode | Graph["edges"], right: GraphNode | Graph["edges"]): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
