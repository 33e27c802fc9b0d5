// The places of tasks that a person has put somewhere. What has no place of its own comes to stand where there
// is room below what it waits for, and moves nothing else.

import {
  type Box,
  childrenOf,
  FULL_GAPS,
  GROUP_SIDE,
  GROUP_TOP,
  type Places,
  placeInRows,
} from "../../graph/place";
import type { Shape, ShapeNode } from "../../graph/shape";
import type { Position } from "../layout";

type Positions = Readonly<Record<string, Position>>;

/** The places by what is known of the positions; edges go straight. */
export function arranged(shape: Shape, positions: Positions): Places {
  const boxes = new Map<number, Box>();
  placeScope(null, childrenOf(shape), shape, positions, boxes);
  return { boxes, routes: new Map() };
}

/** Where the flow's own tasks stand now, so that from now on they stay there. */
export function ownPositions(shape: Shape, places: Places): Record<string, Position> {
  return positionsOf({ ...shape, nodes: shape.nodes.filter(({ node }) => !node.called) }, places);
}

/** Where all that is drawn stands now, each within the frame around it. */
export function positionsOf(shape: Shape, places: Places): Record<string, Position> {
  const found: Record<string, Position> = {};
  for (const { id, node } of shape.nodes) {
    const box = places.boxes.get(id);
    if (box) found[node.path] = { x: box.x, y: box.y };
  }
  return found;
}

function placeScope(
  parent: number | null,
  children: ReadonlyMap<number | null, ShapeNode[]>,
  shape: Shape,
  positions: Positions,
  boxes: Map<number, Box>,
): void {
  const own = children.get(parent) ?? [];
  for (const node of own) {
    if (children.has(node.id)) placeScope(node.id, children, shape, positions, boxes);
  }
  const known = own.filter((node) => positions[node.node.path]);
  if (known.length === 0) {
    placeFresh(own, parent, children, shape, boxes);
    return;
  }
  for (const node of known) {
    const position = positions[node.node.path];
    if (position) boxes.set(node.id, boxAt(node, position, children, boxes));
  }
  for (const node of own) {
    if (!positions[node.node.path]) boxes.set(node.id, freeBox(node, own, children, shape, boxes));
  }
}

/** What a node covers. Of a group: what is in it and its edge; what was placed in it is measured from there. */
function boxAt(
  node: ShapeNode,
  { x, y }: Position,
  children: ReadonlyMap<number | null, ShapeNode[]>,
  boxes: Map<number, Box>,
): Box {
  const inside = children.get(node.id);
  if (!inside) return { x, y, width: node.width, height: node.height };
  const inner = inside.flatMap((child) => boxes.get(child.id) ?? []);
  const left = Math.min(...inner.map((box) => box.x)) - GROUP_SIDE;
  const top = Math.min(...inner.map((box) => box.y)) - GROUP_TOP;
  const right = Math.max(...inner.map((box) => box.x + box.width)) + GROUP_SIDE;
  const bottom = Math.max(...inner.map((box) => box.y + box.height)) + GROUP_SIDE;
  for (const child of inside) {
    const box = boxes.get(child.id);
    if (box && (left !== 0 || top !== 0)) boxes.set(child.id, { ...box, x: box.x - left, y: box.y - top });
  }
  return { x: x + left, y: y + top, width: Math.max(right - left, node.width), height: bottom - top };
}

/** A group in which nothing has a place: its tasks stand in rows. */
function placeFresh(
  own: readonly ShapeNode[],
  parent: number | null,
  children: ReadonlyMap<number | null, ShapeNode[]>,
  shape: Shape,
  boxes: Map<number, Box>,
): void {
  const sizes = new Map(own.map((node) => [node.id, boxAt(node, { x: 0, y: 0 }, children, boxes)]));
  const ids = new Set(own.map((node) => node.id));
  const nodes = own.map((node) => ({ ...node, ...sizeOf(sizes.get(node.id) ?? node), parent: null }));
  const edges = shape.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const rows = placeInRows({ ...shape, nodes, edges });
  const [side, top] = parent === null ? [0, 0] : [GROUP_SIDE, GROUP_TOP];
  for (const [id, box] of rows.boxes) boxes.set(id, { ...box, x: box.x + side, y: box.y + top });
}

function sizeOf({ width, height }: { width: number; height: number }) {
  return { width, height };
}

/** Room below what the node waits for, else below everything. */
function freeBox(
  node: ShapeNode,
  own: readonly ShapeNode[],
  children: ReadonlyMap<number | null, ShapeNode[]>,
  shape: Shape,
  boxes: Map<number, Box>,
): Box {
  const size = boxAt(node, { x: 0, y: 0 }, children, boxes);
  const siblings = own.flatMap((other) => (other.id === node.id ? [] : (boxes.get(other.id) ?? [])));
  const before = shape.edges
    .filter((edge) => edge.to === node.id)
    .flatMap((edge) => (own.some((other) => other.id === edge.from) ? (boxes.get(edge.from) ?? []) : []));
  const above = before.length > 0 ? before : siblings;
  let x = before.length > 0 ? middle(before) - size.width / 2 : Math.min(...siblings.map((box) => box.x));
  const y = Math.max(...above.map((box) => box.y + box.height)) + FULL_GAPS.layer;
  for (;;) {
    const box = { x, y, width: size.width, height: size.height };
    const hit = siblings.filter((other) => isNear(box, other));
    if (hit.length === 0) return box;
    x = Math.max(...hit.map((other) => other.x + other.width)) + FULL_GAPS.side;
  }
}

function middle(boxes: readonly Box[]): number {
  return boxes.reduce((sum, box) => sum + box.x + box.width / 2, 0) / boxes.length;
}

function isNear(left: Box, right: Box): boolean {
  const gap = FULL_GAPS.side / 2;
  return (
    left.x < right.x + right.width + gap &&
    right.x < left.x + left.width + gap &&
    left.y < right.y + right.height + gap &&
    right.y < left.y + left.height + gap
  );
}
