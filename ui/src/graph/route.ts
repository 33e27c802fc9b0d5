// Lines of edges, as SVG paths.

import type { Box, Point } from "./place";

const ROUND = 9;
/** How far before its end a line stops, so that the arrow's head ends at the box. */
const HEAD = 6;

/** A curve from box to box, where no route is known. */
export function straightRoute(from: Box, to: Box): Point[] {
  return [
    { x: from.x + from.width / 2, y: from.y + from.height },
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

function curve(from: Point, to: Point): string {
  if (Math.abs(from.x - to.x) < 0.5) return `M${at(from)}L${at(to)}`;
  const pull = Math.max(14, Math.abs(to.y - from.y) * 0.55);
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
