// A state, always as icon and word. In a strip of runs a shape stands for the icon; see Strip.

import type { ReactNode } from "react";
import type { State as StateName, StateType } from "../api/types";
import { type Drawing, STATES, shownType } from "./states";

const ring = <circle cx="8" cy="8" r="5.9" />;
const disc = <circle cx="8" cy="8" r="6.5" fill="currentColor" />;

const DRAWINGS: Record<Drawing, ReactNode> = {
  scheduled: (
    <g className="si-line">
      {ring}
      <path d="M8 4.9v3.3l2.1 1.3" />
    </g>
  ),
  late: (
    <>
      {disc}
      <path className="si-glyph" d="M8 4.5v3.7l2.4 1.6" />
    </>
  ),
  pending: (
    <g className="si-line">
      {ring}
      <path d="M5.3 8h.01M8 8h.01M10.7 8h.01" strokeWidth="1.7" />
    </g>
  ),
  running: (
    <g className="si-line">
      {ring}
      <path d="M6.5 5.3v5.4L11 8z" fill="currentColor" strokeWidth=".6" />
    </g>
  ),
  paused: (
    <>
      {disc}
      <path className="si-glyph" d="M6.4 5.7v4.6M9.6 5.7v4.6" />
    </>
  ),
  cancelling: (
    <>
      <g className="si-line">{ring}</g>
      <rect x="5.6" y="5.6" width="4.8" height="4.8" rx=".6" fill="currentColor" />
    </>
  ),
  completed: (
    <>
      {disc}
      <path className="si-glyph" d="m5 8.3 2.1 2.1 4-4.4" />
    </>
  ),
  cached: (
    <g className="si-line">
      <path d="M13.6 6.6a5.8 5.8 0 1 0 .1 2.4M14 3.2v3.5h-3.5" />
      <path d="m5.6 8.2 1.7 1.7 3-3.3" />
    </g>
  ),
  skipped: (
    <g className="si-line">
      {ring}
      <path d="M5.2 5.9 7.3 8l-2.1 2.1M8.5 5.9 10.6 8l-2.1 2.1" />
    </g>
  ),
  failed: (
    <>
      <path d="M5.4 1.7h5.2l3.7 3.7v5.2l-3.7 3.7H5.4L1.7 10.6V5.4z" fill="currentColor" />
      <path className="si-glyph" d="m5.7 5.7 4.6 4.6M10.3 5.7l-4.6 4.6" />
    </>
  ),
  crashed: (
    <>
      <path d="M8 .9 15.1 8 8 15.1.9 8z" fill="currentColor" />
      <path className="si-glyph" d="M8.7 4.3 6.3 8.3h3.4l-2.4 3.6" />
    </>
  ),
  cancelled: (
    <g className="si-line">
      {ring}
      <path d="m4.4 11.6 7.2-7.2" />
    </g>
  ),
  missed: (
    <g className="si-line">
      <circle cx="8" cy="8" r="5.9" strokeDasharray="2.2 2.4" />
      <path d="M8 5v3.2l2.1 1.3" />
    </g>
  ),
};

/** The icon alone; where it stands without its word, give the word as `label`. */
export function StateIcon({
  drawing,
  size = 14,
  label,
}: {
  drawing: Drawing;
  size?: 12 | 14 | 16;
  label?: string;
}) {
  const className = `si si-${size} s-${drawing} ${drawing === "running" ? "live" : ""}`;
  if (label === undefined)
    return (
      <svg className={className} viewBox="0 0 16 16" aria-hidden="true">
        {DRAWINGS[drawing]}
      </svg>
    );
  return (
    <svg className={className} viewBox="0 0 16 16" role="img" aria-label={label}>
      {DRAWINGS[drawing]}
    </svg>
  );
}

/** Icon and word of a state. */
export function State({ state, chip = false }: { state: StateName; chip?: boolean }) {
  const { word, drawing } = STATES[state];
  return <Shown word={word} drawing={drawing} chip={chip} />;
}

/** Icon and word of a state type. */
export function StateTypeWord({ type }: { type: StateType }) {
  return <Shown {...shownType(type)} chip={false} />;
}

function Shown({ word, drawing, chip }: { word: string; drawing: Drawing; chip: boolean }) {
  return (
    <span className={`state s-${drawing} ${chip ? "state-chip" : ""}`}>
      <StateIcon drawing={drawing} />
      <span className="w">{word}</span>
    </span>
  );
}
