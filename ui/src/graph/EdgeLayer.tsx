// All edges of the graph in one drawing under its tasks: succeeded, a plain line; failed, from a port with a
// cross, named; finished, a double line from a ring, named. One that an expression implies is thin with an open
// head. A condition stands once at what it decides.

import { ViewportPortal } from "@xyflow/react";
import { memo, useMemo } from "react";
import { isEnded, TYPE_OF } from "../parts/states";
import { useLiveNode } from "./nodeStates";
import type { Places, Point } from "./place";
import { labelPoint, pathAlong, straightRoute } from "./route";
import type { Shape, ShapeEdge } from "./shape";
import { onCanvas } from "./walk";

interface Props {
  shape: Shape;
  places: Places;
  selected: number | null;
}

interface Drawn {
  edge: ShapeEdge;
  route: readonly Point[];
  label: string | null;
}

export function EdgeLayer({ shape, places, selected }: Props) {
  const drawn = useMemo(() => drawnEdges(shape, places), [shape, places]);
  return (
    <ViewportPortal>
      <svg className="graph-edges" aria-hidden="true">
        {drawn.map((one) => (
          <Line key={one.edge.id} drawn={one} hot={one.edge.from === selected || one.edge.to === selected} />
        ))}
      </svg>
    </ViewportPortal>
  );
}

function drawnEdges(shape: Shape, places: Places): Drawn[] {
  const boxes = onCanvas(shape, places);
  const decided = new Set<number>();
  return shape.edges.flatMap((edge) => {
    const from = boxes.get(edge.from);
    const to = boxes.get(edge.to);
    if (!from || !to) return [];
    const found = places.routes.get(edge.id);
    const route = found && found.length > 1 ? found : straightRoute(from, to);
    const conditioned = edge.condition !== null && !decided.has(edge.to);
    if (conditioned) decided.add(edge.to);
    return [{ edge, route, label: shape.small ? null : labelFor(edge, conditioned) }];
  });
}

const LONGEST_LABEL = 34;

function labelFor(edge: ShapeEdge, conditioned: boolean): string | null {
  const name = edge.on === "succeeded" ? null : edge.on;
  if (!conditioned || edge.condition === null) return name;
  const plain = edge.condition.replace(/^\{\{\s*|\s*\}\}$/g, "");
  const cut = plain.length > LONGEST_LABEL ? `${plain.slice(0, LONGEST_LABEL - 1)}…` : plain;
  return name ? `${name}, when ${cut}` : `when ${cut}`;
}

const Line = memo(function Line({ drawn, hot }: { drawn: Drawn; hot: boolean }) {
  const { edge, route, label } = drawn;
  const from = useLiveNode(edge.from);
  const to = useLiveNode(edge.to);
  const path = useMemo(() => pathAlong(route), [route]);
  const first = route[0];
  const last = route.at(-1);
  if (!first || !last) return null;
  const classes = ["ge", `on-${edge.on}`];
  if (edge.implied) classes.push("implied");
  if (hot) classes.push("hot");
  if (from && to && !isTaken(from.state, to.state)) classes.push("idle");
  const place = labelPoint(route);
  return (
    <g className={classes.join(" ")}>
      <path className="ge-line" d={path} />
      {edge.on === "finished" && <path className="ge-inner" d={path} />}
      <path className="ge-head" d={`M${last.x - 4} ${last.y - 6.5}h8l-4 6.5z`} />
      {edge.on !== "succeeded" && <Port on={edge.on} at={first} />}
      {label !== null && (
        <text className="ge-label" x={place.x} y={place.y + 4} textAnchor="middle">
          {label}
        </text>
      )}
    </g>
  );
});

/** The port hangs from the task that the edge leaves: over the edge, not under the task. */
const HANGS = 7;

function Port({ on, at: { x, y } }: { on: "failed" | "finished"; at: Point }) {
  const at = { x, y: y + HANGS };
  return (
    <>
      <circle className="ge-port" cx={at.x} cy={at.y} r="5.5" />
      {on === "failed" ? (
        <path className="ge-sign" d={`M${at.x - 2.2} ${at.y - 2.2}l4.4 4.4m0-4.4l-4.4 4.4`} />
      ) : (
        <circle className="ge-sign" cx={at.x} cy={at.y} r="2.2" />
      )}
    </>
  );
}

type Shown = keyof typeof TYPE_OF | null;

/** Whether the run has gone along it: what it leads from has ended, and what it leads to was not passed by. */
function isTaken(from: Shown, to: Shown): boolean {
  return (
    from !== null && isEnded(TYPE_OF[from]) && to !== null && TYPE_OF[to] !== "skipped" && to !== "Pending"
  );
}
