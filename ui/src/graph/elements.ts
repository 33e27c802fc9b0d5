// From a shape and its places to what the canvas library draws. What did not change keeps its identity, so that
// choosing a task draws two nodes and not a thousand.

import type { GroupFlowNode } from "./GroupNode";
import type { Box, Places, Point } from "./place";
import type { Shape, ShapeNode } from "./shape";
import type { TaskFlowNode } from "./TaskNode";
import { onCanvas } from "./walk";

/** Deeper than groups ever are in each other. */
const FRAMES = 100;

export type ShownNode = TaskFlowNode | GroupFlowNode;

export function nodesOf(
  shape: Shape,
  places: Places,
  selected: ReadonlySet<number>,
  found: ReadonlySet<number>,
  prefix: string,
  before: readonly ShownNode[],
): ShownNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  const boxes = onCanvas(shape, places);
  return shape.nodes.flatMap((node) => {
    const box = places.boxes.get(node.id);
    if (!box) return [];
    const old = known.get(String(node.id));
    const isFound = found.has(node.id);
    const isSelected = selected.has(node.id);
    const place = boxes.get(node.id) ?? box;
    if (old && isSame(old, node, box, place, isFound, isSelected)) return [old];
    return [shownNode(node, box, place, isFound, isSelected, prefix)];
  });
}

function isSame(
  old: ShownNode,
  node: ShapeNode,
  box: Box,
  place: Point,
  found: boolean,
  selected: boolean,
): boolean {
  const { shape } = old.data;
  return (
    shape.node === node.node &&
    shape.folded === node.folded &&
    shape.inner === node.inner &&
    shape.parent === node.parent &&
    old.data.found === found &&
    old.selected === selected &&
    old.position.x === box.x &&
    old.position.y === box.y &&
    old.style?.left === place.x &&
    old.style?.top === place.y &&
    old.width === box.width &&
    old.height === box.height
  );
}

function shownNode(
  node: ShapeNode,
  box: Box,
  place: Point,
  found: boolean,
  selected: boolean,
  prefix: string,
): ShownNode {
  const { width, height } = box;
  const frame = node.inner > 0 && !node.folded;
  return {
    id: String(node.id),
    type: frame ? ("frame" as const) : ("task" as const),
    position: { x: box.x, y: box.y },
    width,
    height,
    // Known sizes: nothing has to be measured in the page.
    measured: { width, height },
    handles: [],
    // Frames lie under the edges, and tasks over them.
    zIndex: frame ? node.depth - FRAMES : 0,
    // A place and no transform: of a thousand transforms the compositor would keep account.
    style: { transform: "none", left: place.x, top: place.y },
    selected,
    draggable: false,
    ...(node.parent === null ? {} : { parentId: String(node.parent) }),
    data: { shape: node, found, domId: `${prefix}-${node.id}` },
  };
}
