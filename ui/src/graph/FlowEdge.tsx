// One edge: succeeded, a plain line; failed, from a port with a cross, named; finished, a double line from a
// ring, named. One that an expression implies is thin with an open head. A condition stands on it.

import type { Edge, EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { isEnded, TYPE_OF } from "../parts/states";
import { useLiveNode } from "./nodeStates";
import type { Point } from "./place";
import { labelPoint, pathAlong } from "./route";
import type { ShapeEdge } from "./shape";

export type FlowEdgeData = { edge: ShapeEdge; route: readonly Point[]; hot: boolean };
export type FlowLine = Edge<FlowEdgeData, "line">;

export const FlowEdge = memo(function FlowEdge({ data }: EdgeProps<FlowLine>) {
  if (!data) return null;
  return <Line {...data} />;
});

function Line({ edge, route, hot }: FlowEdgeData) {
  const from = useLiveNode(edge.from);
  const to = useLiveNode(edge.to);
  const first = route[0];
  const last = route.at(-1);
  if (!first || !last) return null;
  const classes = ["ge", `on-${edge.on}`];
  if (edge.implied) classes.push("implied");
  if (hot) classes.push("hot");
  if (from && to && !isTaken(from.state, to.state)) classes.push("idle");
  const path = pathAlong(route);
  const label = labelFor(edge);
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
}

function Port({ on, at }: { on: "failed" | "finished"; at: Point }) {
  return (
    <>
      <circle className="ge-port" cx={at.x} cy={at.y} r="6" />
      {on === "failed" ? (
        <path className="ge-sign" d={`M${at.x - 2.2} ${at.y - 2.2}l4.4 4.4m0-4.4l-4.4 4.4`} />
      ) : (
        <circle className="ge-sign" cx={at.x} cy={at.y} r="2.2" />
      )}
    </>
  );
}

const LONGEST_LABEL = 34;

function labelFor(edge: ShapeEdge): string | null {
  const name = edge.on === "succeeded" ? null : edge.on;
  if (edge.condition === null) return name;
  const condition =
    edge.condition.length > LONGEST_LABEL ? `${edge.condition.slice(0, LONGEST_LABEL - 1)}…` : edge.condition;
  return name ? `${name}, when ${condition}` : `when ${condition}`;
}

type Shown = keyof typeof TYPE_OF | null;

/** Whether the run has gone along it: what it leads from has ended, and what it leads to was not passed by. */
function isTaken(from: Shown, to: Shown): boolean {
  return (
    from !== null && isEnded(TYPE_OF[from]) && to !== null && TYPE_OF[to] !== "skipped" && to !== "Pending"
  );
}
