// What is seen of a graph from afar.

import { useContext } from "react";
import { ChangesContext } from "./changes";
import { useLiveNode } from "./nodeStates";
import type { Detail } from "./surroundings";

export type { Detail } from "./surroundings";

/** Detail that could not be read is dropped: the second line first, then everything but the state. */
export function detailAt(zoom: number): Detail {
  if (zoom >= 0.62) return "all";
  return zoom >= 0.3 ? "names" : "shapes";
}

/** A task in the minimap; it takes the state's colour from the task's own element on the canvas. */
export function MapBox({
  id,
  x,
  y,
  width,
  height,
  selected,
}: {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  selected: boolean;
}) {
  const drawing = useLiveNode(Number(id))?.state ?? null;
  const change = useContext(ChangesContext)?.get(Number(id));
  return (
    <rect
      className={`map-box ${drawing ? `map-${drawing}` : ""} ${change ? `map-${change.change}` : ""} ${selected ? "on" : ""}`}
      x={x}
      y={y}
      width={width}
      height={height}
      rx={4}
    />
  );
}
