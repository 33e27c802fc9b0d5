// All edges of the graph in one drawing under its tasks: succeeded, a plain line; failed, from a port with a
// cross, named; finished, a double line from a ring, named. One that an expression implies is thin with an open
// head. A condition stands once at what it decides. Neighbours that look the same are one path: thousands stay light.

import { ViewportPortal } from "@xyflow/react";
import { useContext, useDeferredValue, useMemo, useSyncExternalStore } from "react";
import { isEnded, TYPE_OF } from "../parts/states";
import { type NodeStateSource, NodeStatesContext } from "./nodeStates";
import type { Box, Places, Point } from "./place";
import { labelPoint, pathAlong, straightRoute } from "./route";
import type { Shape, ShapeEdge } from "./shape";
import { DetailContext } from "./surroundings";
import { onCanvas } from "./walk";

interface Props {
  shape: Shape;
  places: Places;
  /** tasks whose edges are lit */
  selected: ReadonlySet<number>;
  /** the edge that is lit by itself */
  chosen?: string | null;
  /** tasks whose edges are drawn by who moves them */
  moving?: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** An edge as pieces of paths, with what stands on it. */
interface Drawn {
  edge: ShapeEdge;
  line: string;
  head: string;
  port: string;
  label: { text: string; at: Point } | null;
}

export function EdgeLayer({ shape, places, selected, chosen = null, moving = NONE }: Props) {
  const states = useContext(NodeStatesContext);
  const detail = useContext(DetailContext);
  // Edges follow the tasks that they join: a moment later, and not in the same frame.
  const version = useDeferredValue(useSyncExternalStore(states.watch, states.version));
  const drawn = useMemo(() => drawnEdges(shape, places), [shape, places]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that states are others
  const looks = useMemo(() => {
    const still =
      moving.size === 0 ? drawn : drawn.filter(({ edge }) => !moving.has(edge.from) && !moving.has(edge.to));
    return byLook(still, selected, chosen, states);
  }, [drawn, selected, chosen, moving, states, version]);
  return (
    <ViewportPortal>
      <svg className="graph-edges" aria-hidden="true">
        {looks.map(({ key, look, edges }) => (
          <g key={key} className={`ge ${look}`}>
            <path className="ge-line" d={edges.map((one) => one.line).join("")} />
            {look.startsWith("on-finished") && (
              <path className="ge-inner" d={edges.map((one) => one.line).join("")} />
            )}
            <path className="ge-head" d={edges.map((one) => one.head).join("")} />
            {!look.startsWith("on-succeeded") && (
              <path className="ge-port" d={edges.map((one) => one.port).join("")} />
            )}
            {detail !== "shapes" &&
              edges.map(
                ({ edge, label }) =>
                  label && (
                    <text
                      key={edge.id}
                      className="ge-label"
                      x={label.at.x}
                      y={label.at.y + 4}
                      textAnchor="middle"
                    >
                      {label.text}
                    </text>
                  ),
              )}
          </g>
        ))}
      </svg>
    </ViewportPortal>
  );
}

/** Edges of one path. */
interface Bunch {
  key: string;
  look: string;
  edges: Drawn[];
}

/** Of a path all is drawn wherever a part of it is in view, so one holds only what lies together. */
const TOGETHER = 24;

/**
 * Edges that lie together, by how they look, as class names. News of one changes the paths of its neighbours and
 * no others; what is chosen comes last, and so lies over the others.
 */
function byLook(
  drawn: readonly Drawn[],
  selected: ReadonlySet<number>,
  chosen: string | null,
  states: NodeStateSource,
): Bunch[] {
  const found: Bunch[] = [];
  const last: Bunch[] = [];
  for (let at = 0; at < drawn.length; at += TOGETHER) {
    const looks = new Map<string, Bunch>();
    for (const one of drawn.slice(at, at + TOGETHER)) {
      const { edge } = one;
      const isChosen = edge.id === chosen;
      const hot = isChosen || selected.has(edge.from) || selected.has(edge.to);
      const idle = !hot && !isTaken(edge, states);
      const change = edge.change ? ` ch-${edge.change}` : "";
      const look = `on-${edge.on}${change}${edge.implied ? " implied" : ""}${hot ? " hot" : ""}${isChosen ? " chosen" : ""}${idle ? " idle" : ""}`;
      const bunch = looks.get(look);
      if (bunch) bunch.edges.push(one);
      else {
        const begun = { key: `${at} ${look}`, look, edges: [one] };
        looks.set(look, begun);
        (hot ? last : found).push(begun);
      }
    }
  }
  return [...found, ...last];
}

function drawnEdges(shape: Shape, places: Places): Drawn[] {
  const boxes = onCanvas(shape, places);
  const decided = new Set<number>();
  const stacked = new Set(shape.nodes.filter((drawn) => drawn.node.mapped).map((drawn) => drawn.id));
  const tasks = shape.nodes.flatMap((node) => {
    const box = node.inner === 0 || node.folded ? boxes.get(node.id) : undefined;
    return box ? [box] : [];
  });
  // Labels keep off tasks, and off those that stand already.
  const taken: Box[] = [];
  const top = (edge: ShapeEdge) => boxes.get(edge.to)?.y ?? 0;
  return shape.edges
    .toSorted((left, right) => top(left) - top(right))
    .flatMap((edge) => {
      const from = boxes.get(edge.from);
      const to = boxes.get(edge.to);
      if (!from || !to) return [];
      const found = places.routes.get(edge.id);
      const route = found && found.length > 1 ? found : straightRoute(from, to, edge.on);
      const first = route[0];
      const last = route.at(-1);
      if (!first || !last) return [];
      const conditioned = edge.condition !== null && !decided.has(edge.to);
      if (conditioned) decided.add(edge.to);
      const text = shape.small ? null : labelFor(edge, conditioned);
      return [
        {
          edge,
          line: pathAlong(route),
          head: `M${last.x - 4} ${last.y - 6.5}h8l-4 6.5z`,
          port: edge.on === "succeeded" ? "" : port(edge.on, first, stacked.has(edge.from)),
          label: text === null ? null : placed(text, route, tasks, taken),
        },
      ];
    });
}

/** The port hangs from the task that the edge leaves: over the edge, not under the task. */
const HANGS = 7;
/** A mapped task is drawn as a stack, whose edge is lower. */
const STACK = 4;
const RADIUS = 5.5;

function port(on: "failed" | "finished", { x, y }: Point, stacked: boolean): string {
  const middle = y + HANGS + (stacked ? STACK : 0);
  const ring = circle(x, middle, RADIUS);
  if (on === "finished") return ring + circle(x, middle, 2.2);
  return `${ring}M${x - 2.2} ${middle - 2.2}l4.4 4.4m0-4.4l-4.4 4.4`;
}

function circle(x: number, y: number, r: number): string {
  return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

/** What a label takes beside and above its point: a letter's half, and half a line. */
const HALF_LETTER = 3;
const HALF_LINE = 9;

function placed(
  text: string,
  route: readonly Point[],
  tasks: readonly Box[],
  taken: Box[],
): { text: string; at: Point } {
  const at = labelPoint(route, (point) => {
    const box = labelBox(point, text);
    return isFree(box, tasks) && isFree(box, taken);
  });
  taken.push(labelBox(at, text));
  return { text, at };
}

function labelBox({ x, y }: Point, text: string): Box {
  const half = text.length * HALF_LETTER + 3;
  return { x: x - half, y: y - HALF_LINE, width: 2 * half, height: 2 * HALF_LINE };
}

function isFree(box: Box, others: readonly Box[]): boolean {
  return !others.some(
    (other) =>
      box.x + box.width > other.x &&
      box.x < other.x + other.width &&
      box.y + box.height > other.y &&
      box.y < other.y + other.height,
  );
}

const LONGEST_LABEL = 34;

function labelFor(edge: ShapeEdge, conditioned: boolean): string | null {
  const name = nameOf(edge);
  if (!conditioned || edge.condition === null) return name;
  const plain = edge.condition.replace(/^\{\{\s*|\s*\}\}$/g, "");
  const cut = plain.length > LONGEST_LABEL ? `${plain.slice(0, LONGEST_LABEL - 1)}…` : plain;
  return name ? `${name}, when ${cut}` : `when ${cut}`;
}

/** What is said of an edge: on what outcome it opens, and whether it came or went. */
function nameOf({ on, change }: ShapeEdge): string | null {
  const outcome = on === "succeeded" ? null : on;
  if (!change) return outcome;
  const came = change === "added" ? "+ added" : "− removed";
  return outcome === null ? came : `${came}: ${outcome}`;
}

/** Whether the run has gone along it: what it leads from has ended, and what it leads to was not passed by. */
function isTaken(edge: ShapeEdge, states: NodeStateSource): boolean {
  const from = states.of(edge.from);
  const to = states.of(edge.to);
  // Without a run around it the graph is a plan, and every edge may be gone along.
  if (!from || !to) return true;
  if (from.state === null || to.state === null || to.state === "Pending") return false;
  return isEnded(TYPE_OF[from.state]) && TYPE_OF[to.state] !== "skipped";
}
