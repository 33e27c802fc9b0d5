// What stands at a point of the canvas.

import type { Box, Places, Point } from "../../graph/place";
import { distanceTo, pointsAlong, straightRoute } from "../../graph/route";
import type { Shape, ShapeEdge, ShapeNode } from "../../graph/shape";

type Boxes = ReadonlyMap<number, Box>;

/** The edge of the flow's own that is drawn at the point, or near it. */
export function edgeAt(
  shape: Shape,
  places: Places,
  boxes: Boxes,
  point: Point,
  near: number,
): ShapeEdge | null {
  let best: ShapeEdge | null = null;
  let least = near;
  for (const edge of shape.edges) {
    // Tasks of called flows are numbered below zero.
    if (edge.from < 0) continue;
    const from = boxes.get(edge.from);
    const to = boxes.get(edge.to);
    if (!from || !to) continue;
    const found = places.routes.get(edge.id);
    const route = found && found.length > 1 ? found : straightRoute(from, to, edge.on);
    if (!isAround(route, point, near)) continue;
    const distance = distanceTo(point, pointsAlong(route));
    if (distance > least) continue;
    least = distance;
    best = edge;
  }
  return best;
}

/** Curves bulge, but not beyond what their ends span by more than this. */
const BULGE = 40;

function isAround(route: readonly Point[], { x, y }: Point, near: number): boolean {
  const by = near + BULGE;
  const xs = route.map((point) => point.x);
  const ys = route.map((point) => point.y);
  return (
    x >= Math.min(...xs) - by &&
    x <= Math.max(...xs) + by &&
    y >= Math.min(...ys) - by &&
    y <= Math.max(...ys) + by
  );
}

/** The innermost task at the point. */
export function taskAt(shape: Shape, boxes: Boxes, point: Point): ShapeNode | null {
  // Groups come before what is in them.
  const here = shape.nodes.findLast((node) => {
    const box = boxes.get(node.id);
    return box !== undefined && isIn(box, point);
  });
  return here ?? null;
}

/** The innermost group of the flow's own at the point, but none of these. */
export function groupAt(
  shape: Shape,
  boxes: Boxes,
  point: Point,
  but: ReadonlySet<number>,
): ShapeNode | null {
  const isGroup = ({ id, node }: ShapeNode) => node.kind === "tasks" && !node.called && !but.has(id);
  return deepestAt(shape, boxes, point, isGroup);
}

/** The innermost group or called flow at the point. */
export function frameAt(shape: Shape, boxes: Boxes, point: Point): ShapeNode | null {
  return deepestAt(shape, boxes, point, ({ inner, node }) => inner > 0 || node.kind === "tasks");
}

function deepestAt(
  shape: Shape,
  boxes: Boxes,
  point: Point,
  fits: (node: ShapeNode) => boolean,
): ShapeNode | null {
  let found: ShapeNode | null = null;
  for (const node of shape.nodes) {
    if (!fits(node) || (found && node.depth < found.depth)) continue;
    const box = boxes.get(node.id);
    if (box && isIn(box, point)) found = node;
  }
  return found;
}

/** The flow's own task in which it stands: itself, or what calls the flow that it belongs to. */
export function ownOf(shape: Shape, node: ShapeNode): ShapeNode {
  let own = node;
  while (own.node.called) {
    const around = shape.nodes.find((one) => one.id === own.parent);
    if (!around) break;
    own = around;
  }
  return own;
}

export function isIn(box: Box, { x, y }: Point): boolean {
  return x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height;
}

/** The flow's own tasks that a rectangle touches; of groups, those that it holds whole. */
export function nodesIn(shape: Shape, boxes: Boxes, area: Box): ShapeNode[] {
  return shape.nodes.filter((node) => {
    const box = boxes.get(node.id);
    if (!box || node.node.called) return false;
    const isFrame = node.inner > 0 && !node.folded;
    if (isFrame) return isIn(area, box) && isIn(area, { x: box.x + box.width, y: box.y + box.height });
    return (
      box.x < area.x + area.width &&
      area.x < box.x + box.width &&
      box.y < area.y + area.height &&
      area.y < box.y + box.height
    );
  });
}

/** The tasks with all that stands in them. */
export function withInner(shape: Shape, roots: ReadonlySet<number>): ReadonlySet<number> {
  const all = new Set(roots);
  // Groups come before what is in them.
  for (const node of shape.nodes) if (node.parent !== null && all.has(node.parent)) all.add(node.id);
  return all;
}
