// Lines of edges, as SVG paths.

import type { Box, Point } from "./place";

const ROUND = 9;
/** How far before its end a line stops, so that the arrow's head ends at the box. */
const HEAD = 6;

/** Where along a task's lower side its edges leave, by the outcome on which they open. */
export const PORTS = { failed: 0.2, succeeded: 0.5, finished: 0.8 } as const;

/** A curve from box to box, where no route is known. */
export function straightRoute(from: Box, to: Box, on: keyof typeof PORTS = "succeeded"): Point[] {
  return [
    { x: from.x + from.width * PORTS[on], y: from.y + from.height },
    { x: to.x + to.width / 2, y: to.y },
  ];
}

/** The path along a route, its bends rounded. */
export function pathAlong(route: readonly Point[]): string {
  const first = route[0];
  const end = route.at(-1);
  if (!first || !end) return "";
  const last = { x: end.x, y: end.y - HEAD };
  if (route.length <= 2 || isOneStep(route)) return curve(first, last);
  let path = `M${at(first)}`;
  for (let index = 1; index < route.length - 1; index += 1) {
    const bend = route[index];
    const before = route[index - 1];
    const after = index === route.length - 2 ? last : route[index + 1];
    if (bend && before && after) path += rounded(before, bend, after);
  }
  return `${path}L${at(last)}`;
}

/** From one layer to the next with one step to the side: that is an S, not two corners. */
function isOneStep(route: readonly Point[]): boolean {
  const [first, second, third, fourth] = route;
  if (route.length !== 4 || !first || !second || !third || !fourth) return false;
  return first.x === second.x && second.y === third.y && third.x === fourth.x && fourth.y - first.y < 80;
}

/** Points that the drawn line passes, close enough to tell whether one points at it. */
export function pointsAlong(route: readonly Point[]): readonly Point[] {
  const first = route[0];
  const last = route.at(-1);
  if (!first || !last || (route.length > 2 && !isOneStep(route))) return route;
  const pull = pullOf(first, last);
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const t = step / STEPS;
    const u = 1 - t;
    const [a, b, c, d] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
    return {
      x: (a + b) * first.x + (c + d) * last.x,
      y: a * first.y + b * (first.y + pull) + c * (last.y - pull) + d * last.y,
    };
  });
}

const STEPS = 16;

/** How far a point is from a line. */
export function distanceTo(point: Point, line: readonly Point[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (let index = 1; index < line.length; index += 1) {
    const from = line[index - 1];
    const to = line[index];
    if (!from || !to) continue;
    const [dx, dy] = [to.x - from.x, to.y - from.y];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
    const t = Math.max(0, Math.min(1, along));
    least = Math.min(least, Math.hypot(point.x - from.x - t * dx, point.y - from.y - t * dy));
  }
  return least;
}

function pullOf(from: Point, to: Point): number {
  return Math.max(14, Math.abs(to.y - from.y) * 0.55);
}

function curve(from: Point, to: Point): string {
  if (Math.abs(from.x - to.x) < 0.5) return `M${at(from)}L${at(to)}`;
  const pull = pullOf(from, to);
  return `M${at(from)}C${at({ x: from.x, y: from.y + pull })} ${at({ x: to.x, y: to.y - pull })} ${at(to)}`;
}

function rounded(before: Point, bend: Point, after: Point): string {
  const into = Math.min(ROUND, distance(before, bend) / 2);
  const out = Math.min(ROUND, distance(bend, after) / 2);
  return `L${at(towards(bend, before, into))}Q${at(bend)} ${at(towards(bend, after, out))}`;
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) / length) * by, y: from.y + ((to.y - from.y) / length) * by };
}

function distance(from: Point, to: Point): number {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function at(point: Point): string {
  return `${Math.round(point.x * 10) / 10} ${Math.round(point.y * 10) / 10}`;
}

/** Where along an upright piece a label may stand, the best first. */
const ALONG = [0.5, 0.3, 0.7, 0.12, 0.88];

/** Where a label fits on a route: on its longest upright piece that has room, in the middle if it can. */
export function labelPoint(route: readonly Point[], fits: (at: Point) => boolean = () => true): Point {
  const pieces = route
    .slice(1)
    .map((to, index) => ({ from: route[index] ?? to, to }))
    .sort((left, right) => Math.abs(right.to.y - right.from.y) - Math.abs(left.to.y - left.from.y));
  const places = pieces.flatMap(({ from, to }) =>
    ALONG.map((share) => ({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share })),
  );
  return places.find(fits) ?? places[0] ?? route[0] ?? { x: 0, y: 0 };
}
