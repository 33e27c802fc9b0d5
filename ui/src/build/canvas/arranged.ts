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
  return placesBy(shape, positions, () => {});
}

interface Found {
  readonly position: Position;
  /** what the task waited for when it came to stand there */
  readonly needs: string;
}

/**
 * Where tasks without a place of their own came to stand. As long as one waits for the same it stays there,
 * whatever else comes and goes.
 */
export class FoundPlaces {
  private readonly found = new Map<string, Found>();

  arranged(shape: Shape, positions: Positions): Places {
    const needs = needsByTask(shape);
    const known: Record<string, Position> = { ...positions };
    for (const { id, node } of shape.nodes) {
      const found = this.found.get(node.path);
      if (found && !positions[node.path] && found.needs === needs.get(id)) known[node.path] = found.position;
    }
    return placesBy(shape, known, ({ id, node }, position) =>
      this.found.set(node.path, { position, needs: needs.get(id) ?? "" }),
    );
  }

  /** The flow lays itself out again. */
  forget(): void {
    this.found.clear();
  }
}

function needsByTask(shape: Shape): ReadonlyMap<number, string> {
  const paths = new Map(shape.nodes.map(({ id, node }) => [id, node.path]));
  const needs = new Map<number, string[]>(shape.nodes.map(({ id }) => [id, []]));
  for (const { from, to } of shape.edges) needs.get(to)?.push(paths.get(from) ?? "");
  return new Map([...needs].map(([id, names]) => [id, names.sort().join(" ")]));
}

/** Hears of each task without a place where it came to stand. */
type Placed = (node: ShapeNode, position: Position) => void;

function placesBy(shape: Shape, positions: Positions, hear: Placed): Places {
  const boxes = new Map<number, Box>();
  placeScope(null, childrenOf(shape), shape, { positions, hear }, boxes);
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
  known: { readonly positions: Positions; readonly hear: Placed },
  boxes: Map<number, Box>,
): void {
  const { positions, hear } = known;
  const own = children.get(parent) ?? [];
  for (const node of own) {
    if (children.has(node.id)) placeScope(node.id, children, shape, known, boxes);
  }
  const placed = own.filter((node) => positions[node.node.path]);
  if (placed.length === 0) {
    placeFresh(own, parent, children, shape, hear, boxes);
    return;
  }
  for (const node of placed) {
    const position = positions[node.node.path];
    if (position) boxes.set(node.id, boxAt(node, position, children, boxes));
  }
  for (const node of own) {
    if (positions[node.node.path]) continue;
    const size = boxAt(node, ORIGIN, children, boxes);
    const box = freeBox(node, size, own, shape, boxes);
    boxes.set(node.id, box);
    hear(node, { x: box.x - size.x, y: box.y - size.y });
  }
}

const ORIGIN: Position = { x: 0, y: 0 };

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
  hear: Placed,
  boxes: Map<number, Box>,
): void {
  const sizes = new Map(own.map((node) => [node.id, boxAt(node, ORIGIN, children, boxes)]));
  const ids = new Set(own.map((node) => node.id));
  const nodes = own.map((node) => ({ ...node, ...sizeOf(sizes.get(node.id) ?? node), parent: null }));
  const edges = shape.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const rows = placeInRows({ ...shape, nodes, edges });
  const [side, top] = parent === null ? [0, 0] : [GROUP_SIDE, GROUP_TOP];
  for (const node of own) {
    const box = rows.boxes.get(node.id);
    const size = sizes.get(node.id);
    if (!box || !size) continue;
    const [x, y] = [box.x + side, box.y + top];
    boxes.set(node.id, { ...box, x, y });
    hear(node, { x: x - size.x, y: y - size.y });
  }
}

function sizeOf({ width, height }: { width: number; height: number }) {
  return { width, height };
}

/** Room below what the node waits for, else below everything. */
function freeBox(
  node: ShapeNode,
  size: Box,
  own: readonly ShapeNode[],
  shape: Shape,
  boxes: Map<number, Box>,
): Box {
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
