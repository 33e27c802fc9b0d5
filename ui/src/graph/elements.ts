// From a shape and its places to what the canvas library draws. What did not change keeps its identity, so that
// choosing a task draws two nodes and not a thousand.

import type { FlowLine } from "./FlowEdge";
import type { GroupFlowNode } from "./GroupNode";
import type { Box, Places } from "./place";
import { straightRoute } from "./route";
import type { Shape, ShapeNode } from "./shape";
import type { TaskFlowNode } from "./TaskNode";
import { onCanvas } from "./walk";

export type ShownNode = TaskFlowNode | GroupFlowNode;

export function nodesOf(
  shape: Shape,
  places: Places,
  selected: number | null,
  found: ReadonlySet<number>,
  prefix: string,
  before: readonly ShownNode[],
): ShownNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return shape.nodes.flatMap((node) => {
    const box = places.boxes.get(node.id);
    if (!box) return [];
    const old = known.get(String(node.id));
    const isFound = found.has(node.id);
    const isSelected = node.id === selected;
    if (old && isSame(old, node, box, isFound, isSelected)) return [old];
    return [shownNode(node, box, isFound, isSelected, prefix)];
  });
}

function isSame(old: ShownNode, node: ShapeNode, box: Box, found: boolean, selected: boolean): boolean {
  const { shape } = old.data;
  return (
    shape.node === node.node &&
    shape.folded === node.folded &&
    shape.parent === node.parent &&
    old.data.found === found &&
    old.selected === selected &&
    old.position.x === box.x &&
    old.position.y === box.y &&
    old.width === box.width &&
    old.height === box.height
  );
}

function shownNode(node: ShapeNode, box: Box, found: boolean, selected: boolean, prefix: string): ShownNode {
  const { width, height } = box;
  const frame = node.inner > 0 && !node.folded;
  return {
    id: String(node.id),
    type: frame ? ("frame" as const) : ("task" as const),
    position: { x: box.x, y: box.y },
    width,
    height,
    // Known sizes: nothing has to be measured before the first picture.
    measured: { width, height },
    selected,
    draggable: false,
    ...(node.parent === null ? {} : { parentId: String(node.parent) }),
    data: { shape: node, found, domId: `${prefix}-${node.id}` },
  };
}

export function linesOf(shape: Shape, places: Places, selected: number | null): FlowLine[] {
  const boxes = onCanvas(shape, places);
  return shape.edges.flatMap((edge) => {
    const from = boxes.get(edge.from);
    const to = boxes.get(edge.to);
    if (!from || !to) return [];
    const route = places.routes.get(edge.id);
    const hot = edge.from === selected || edge.to === selected;
    return [
      {
        id: edge.id,
        type: "line" as const,
        source: String(edge.from),
        target: String(edge.to),
        data: { edge, hot, route: route && route.length > 1 ? route : straightRoute(from, to) },
      },
    ];
  });
}
