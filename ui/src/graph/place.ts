// Places for a shape without the layout engine: rows by the longest way from the start. It is what is shown
// while the engine takes long, and where it fails.

import type { Shape, ShapeNode } from "./shape";

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  width: number;
  height: number;
}

export interface Places {
  /** by task; within the group that the task stands in */
  boxes: ReadonlyMap<number, Box>;
  /** by edge: from its beginning over its bends to its end, on the whole canvas; an edge without is drawn straight */
  routes: ReadonlyMap<string, readonly Point[]>;
}

export interface Gaps {
  side: number;
  layer: number;
}

export const FULL_GAPS: Gaps = { side: 28, layer: 46 };
export const SMALL_GAPS: Gaps = { side: 14, layer: 26 };
export const GROUP_TOP = 32;
export const GROUP_SIDE = 12;
/** A row does not grow wider than this many pixels for every task that it has the square root of. */
const WIDEST_ROW = 12;

export function placeInRows(shape: Shape): Places {
  const boxes = new Map<number, Box>();
  placeChildren(null, childrenOf(shape), shape, boxes);
  return { boxes, routes: new Map() };
}

/** The drawn nodes by the group that they stand in. */
export function childrenOf(shape: Shape): Map<number | null, ShapeNode[]> {
  const children = new Map<number | null, ShapeNode[]>();
  for (const node of shape.nodes) {
    const own = children.get(node.parent);
    if (own) own.push(node);
    else children.set(node.parent, [node]);
  }
  return children;
}

function placeChildren(
  parent: number | null,
  children: ReadonlyMap<number | null, ShapeNode[]>,
  shape: Shape,
  boxes: Map<number, Box>,
): { width: number; height: number } {
  const own = children.get(parent) ?? [];
  for (const node of own) {
    const inside = children.has(node.id) ? placeChildren(node.id, children, shape, boxes) : null;
    boxes.set(node.id, {
      x: 0,
      y: 0,
      width: inside ? inside.width : node.width,
      height: inside ? inside.height : node.height,
    });
  }
  const top = parent === null ? 0 : GROUP_TOP;
  const side = parent === null ? 0 : GROUP_SIDE;
  const gaps = shape.small ? SMALL_GAPS : FULL_GAPS;
  const size = placeRows(rowsOf(own, shape, parentsOf(shape)), boxes, side, top, gaps);
  return { width: size.width + side, height: size.height + side };
}

function placeRows(
  rows: readonly ShapeNode[][],
  boxes: Map<number, Box>,
  left: number,
  top: number,
  gaps: Gaps,
): { width: number; height: number } {
  let y = top;
  let width = left;
  for (const row of rows) {
    let x = left;
    let highest = 0;
    for (const node of row) {
      const box = boxes.get(node.id);
      if (!box) continue;
      boxes.set(node.id, { ...box, x, y });
      x += box.width + gaps.side;
      highest = Math.max(highest, box.height);
    }
    width = Math.max(width, x - gaps.side);
    y += highest + gaps.layer;
  }
  return { width, height: Math.max(top, y - gaps.layer) };
}

/** The nodes of one group in layers, each behind what it follows; wide layers are broken into several rows. */
function rowsOf(
  own: readonly ShapeNode[],
  shape: Shape,
  parents: ReadonlyMap<number, number | null>,
): ShapeNode[][] {
  const ids = new Set(own.map((node) => node.id));
  const lifted = (id: number): number | null => {
    for (let at: number | null = id; at !== null; at = parents.get(at) ?? null) if (ids.has(at)) return at;
    return null;
  };
  const before = new Map<number, number[]>();
  for (const edge of shape.edges) {
    const from = lifted(edge.from);
    const to = lifted(edge.to);
    if (from === null || to === null || from === to) continue;
    before.set(to, [...(before.get(to) ?? []), from]);
  }
  const layers: ShapeNode[][] = [];
  const known = new Map<number, number>();
  for (const node of own) {
    const layer = layerOf(node.id, before, known);
    const row = layers[layer] ?? [];
    layers[layer] = row;
    row.push(node);
  }
  const longest = Math.max(4, Math.ceil(Math.sqrt(own.length)), Math.min(WIDEST_ROW, own.length));
  return layers.flatMap((layer) => cut(layer, longest));
}

function parentsOf(shape: Shape): Map<number, number | null> {
  return new Map(shape.nodes.map((node) => [node.id, node.parent]));
}

/** The longest way to a node. Flows have no cycles; what is being asked for already counts as the start. */
function layerOf(id: number, before: ReadonlyMap<number, number[]>, known: Map<number, number>): number {
  const found = known.get(id);
  if (found !== undefined) return found;
  known.set(id, 0);
  const stack: { id: number; left: number[]; layer: number }[] = [
    { id, left: [...(before.get(id) ?? [])], layer: 0 },
  ];
  // By hand and not by recursion: a chain may be thousands of tasks long.
  for (;;) {
    const top = stack.at(-1);
    if (!top) return known.get(id) ?? 0;
    const next = top.left.pop();
    if (next === undefined) {
      known.set(top.id, top.layer);
      stack.pop();
      const below = stack.at(-1);
      if (below) below.layer = Math.max(below.layer, top.layer + 1);
    } else if (known.has(next)) {
      top.layer = Math.max(top.layer, (known.get(next) ?? 0) + 1);
    } else {
      known.set(next, 0);
      stack.push({ id: next, left: [...(before.get(next) ?? [])], layer: 0 });
    }
  }
}

function cut<T>(list: readonly T[], length: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < list.length; at += length) pieces.push(list.slice(at, at + length));
  return pieces;
}
