// Where the bars of a strip of runs stand. Height is duration; see Strip for the shapes.

import type { RunBar } from "../api/types";
import { type Drawing, STATES } from "./states";

export const BAR = 6;
export const STEP = 8;
export const BASE = 25;
const TALLEST = 21;
const LOWEST = 3;
/** The tallest bar is this many times the usual duration, or more. */
const ABOVE_USUAL = 1.3;

export interface Bar {
  x: number;
  y: number;
  height: number;
  drawing: Drawing;
  run: RunBar;
}

/** Newest at the right end of `slots` places; `runs` come newest first, as the API lists them. */
export function bars(runs: readonly RunBar[], usual: number | null, slots: number, now: number): Bar[] {
  const shown = runs.slice(0, slots);
  const length = (run: RunBar) => run.duration_ms ?? (run.started_at ? now - Date.parse(run.started_at) : 0);
  // Beside what is usual, so that one run that took all day leaves the others their shape.
  const full = Math.max(1, usual === null ? Math.max(0, ...shown.map(length)) : usual * ABOVE_USUAL);
  return shown.map((run, at) => {
    const drawing = STATES[run.state].drawing;
    const height = heightOf(drawing, length(run) / full);
    return { x: (slots - 1 - at) * STEP, y: BASE - height, height, drawing, run };
  });
}

function heightOf(drawing: Drawing, share: number): number {
  if (drawing === "skipped") return 2;
  if (drawing === "cached") return 5;
  return Math.round(Math.min(TALLEST, Math.max(LOWEST, share * TALLEST)));
}
