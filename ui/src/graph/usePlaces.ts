// The places of a shape: at once where they are known, after a moment in rows, and by the engine when it is done.

import { useEffect, useState } from "react";
import { layouts } from "./layout";
import { type Places, placeInRows } from "./place";
import type { Shape } from "./shape";

/** How long an empty canvas is better than one that is laid out twice. */
const PATIENCE_MS = 500;

/** `null`: nothing is to be laid out. */
export function usePlaces(shape: Shape | null): { places: Places | null; pending: boolean } {
  const [state, setState] = useState<{ key: string; places: Places; final: boolean } | null>(null);
  useEffect(() => {
    if (!shape || layouts.ready(shape)) return;
    let current = true;
    const timer = setTimeout(() => {
      if (current) setState({ key: shape.key, places: placeInRows(shape), final: false });
    }, PATIENCE_MS);
    void layouts.of(shape).then((places) => {
      clearTimeout(timer);
      if (current) setState({ key: shape.key, places, final: true });
    });
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [shape]);
  if (!shape) return { places: null, pending: false };
  const ready = layouts.ready(shape);
  if (ready) return { places: ready, pending: false };
  if (state?.key === shape.key) return { places: state.places, pending: !state.final };
  // Until the new shape has its places, the last picture would show tasks where none are.
  return { places: null, pending: true };
}
