// What of the flow is drawn, and where. While the layout engine is at work what is known stays where it is.

import { useMemo, useRef, useState } from "react";
import type { Graph } from "../../api/types";
import type { Places } from "../../graph/place";
import { FULL, type Shape, shapeOf } from "../../graph/shape";
import { usePlaces } from "../../graph/usePlaces";
import { isArranged, type Layout } from "../layout";
import { arranged, FoundPlaces, positionsOf } from "./arranged";

export interface Scene {
  readonly shape: Shape;
  readonly places: Places | null;
  readonly pending: boolean;
}

export function useScene(graph: Graph, { positions, folded }: Layout): Scene {
  const shut = useMemo(() => {
    const paths = new Set(folded);
    return new Set(graph.nodes.filter((node) => paths.has(node.path)).map((node) => node.task));
  }, [graph, folded]);
  const shape = useMemo(() => shapeOf(graph, shut, FULL), [graph, shut]);
  const [found] = useState(() => new FoundPlaces());
  const byHand = useMemo(() => {
    if (isArranged(positions)) return found.arranged(shape, positions);
    found.forget();
    return null;
  }, [shape, positions, found]);
  const { places: laid, pending } = usePlaces(byHand ? null : shape);
  const before = useRef<{ shape: Shape; places: Places } | null>(null);
  const waiting = useMemo(() => {
    if (byHand || !pending || !before.current) return null;
    return arranged(shape, positionsOf(before.current.shape, before.current.places));
  }, [byHand, pending, shape]);
  const places = byHand ?? waiting ?? laid;
  if (places && !waiting) before.current = { shape, places };
  return { shape, places, pending: !byHand && pending };
}
