// What of the flow is drawn, and where. While the layout engine is at work what is known stays where it is.

import { useMemo, useRef, useState } from "react";
import type { Graph } from "../../api/types";
import type { DrawnNode } from "../../graph/called";
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
  const isByHand = isArranged(positions);
  const inside = usePositionsInside(graph, shut, isByHand);
  const [found] = useState(() => new FoundPlaces());
  const byHand = useMemo(() => {
    if (isByHand) return found.arranged(shape, { ...positions, ...inside.positions });
    found.forget();
    return null;
  }, [shape, positions, isByHand, inside.positions, found]);
  const { places: laid, pending } = usePlaces(byHand ? null : shape);
  const before = useRef<{ shape: Shape; places: Places } | null>(null);
  const waiting = useMemo(() => {
    if (byHand || !pending || !before.current) return null;
    return arranged(shape, positionsOf(before.current.shape, before.current.places));
  }, [byHand, pending, shape]);
  const places = byHand ?? waiting ?? laid;
  if (places && !waiting) before.current = { shape, places };
  return { shape, places, pending: byHand ? inside.pending : pending };
}

/** Nobody places what called flows have: where the flow itself is arranged, they are laid out by themselves. */
function usePositionsInside(graph: Graph, shut: ReadonlySet<number>, isAsked: boolean) {
  const shape = useMemo(() => {
    const inner = isAsked ? insides(graph) : null;
    return inner && shapeOf(inner, shut, FULL);
  }, [graph, shut, isAsked]);
  const { places, pending } = usePlaces(shape);
  const positions = useMemo(() => {
    if (!shape || !places) return {};
    const called = shape.nodes.filter(({ node }) => node.called);
    return positionsOf({ ...shape, nodes: called }, places);
  }, [shape, places]);
  return { positions, pending };
}

/** The frames of called flows, and what stands in them. */
function insides({ nodes, edges }: Graph): Pick<Graph, "nodes" | "edges"> | null {
  const called = nodes.filter((node: DrawnNode) => node.called);
  if (called.length === 0) return null;
  const frames = new Set(called.map((node) => node.parent));
  const own = nodes.filter((node: DrawnNode) => !node.called && frames.has(node.task));
  return {
    nodes: [...own.map((node) => ({ ...node, parent: null })), ...called],
    // Tasks of called flows are numbered below zero.
    edges: edges.filter((edge) => edge.from < 0),
  };
}
