// Where the arrow keys lead in a graph: down and up along edges, left and right within a row.

import type { Places } from "./place";
import type { Shape } from "./shape";

export type Direction = "up" | "down" | "left" | "right";

/** Where boxes stand on the whole canvas. */
export function onCanvas(
  shape: Shape,
  places: Places,
): Map<number, { x: number; y: number; width: number; height: number }> {
  const found = new Map<number, { x: number; y: number; width: number; height: number }>();
  // Groups come before what is in them.
  for (const node of shape.nodes) {
    const box = places.boxes.get(node.id);
    if (!box) continue;
    const around = node.parent === null ? undefined : found.get(node.parent);
    found.set(node.id, { ...box, x: box.x + (around?.x ?? 0), y: box.y + (around?.y ?? 0) });
  }
  return found;
}

/** The task that an arrow key leads to; the same one where there is none. */
export function walk(shape: Shape, places: Places, from: number | null, direction: Direction): number | null {
  const boxes = onCanvas(shape, places);
  const start = from === null ? undefined : boxes.get(from);
  if (from === null || !start) return firstOf(boxes);
  const middle = (box: { x: number; width: number }) => box.x + box.width / 2;
  const nearest = (ids: readonly number[]) =>
    ids.toSorted(
      (left, right) =>
        Math.abs(middle(boxes.get(left) ?? start) - middle(start)) -
        Math.abs(middle(boxes.get(right) ?? start) - middle(start)),
    )[0];
  if (direction === "down") {
    const inside = shape.nodes.filter((node) => node.parent === from).map((node) => node.id);
    const next = shape.edges.filter((edge) => edge.from === from).map((edge) => edge.to);
    return nearest(next) ?? nearest(inside) ?? from;
  }
  if (direction === "up") {
    const before = shape.edges.filter((edge) => edge.to === from).map((edge) => edge.from);
    return nearest(before) ?? shape.nodes.find((node) => node.id === from)?.parent ?? from;
  }
  const sign = direction === "left" ? -1 : 1;
  const level = start.y + start.height / 2;
  const beside = shape.nodes
    .map((node) => node.id)
    .filter((id) => {
      const box = boxes.get(id);
      return (
        box !== undefined &&
        id !== from &&
        box.y <= level &&
        box.y + box.height >= level &&
        (middle(box) - middle(start)) * sign > 0
      );
    });
  return nearest(beside) ?? from;
}

function firstOf(boxes: ReadonlyMap<number, { x: number; y: number }>): number | null {
  const sorted = [...boxes].toSorted(([, left], [, right]) => left.y - right.y || left.x - right.x);
  return sorted[0]?.[0] ?? null;
}

/** What all boxes together cover. */
export function bounds(
  shape: Shape,
  places: Places,
): { x: number; y: number; width: number; height: number } {
  let [left, top, right, bottom] = [0, 0, 0, 0];
  for (const box of onCanvas(shape, places).values()) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.width);
    bottom = Math.max(bottom, box.y + box.height);
  }
  return { x: left, y: top, width: right - left, height: bottom - top };
}
