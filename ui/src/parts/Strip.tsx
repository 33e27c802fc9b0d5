// The last runs of a flow as bars: height is duration, colour and shape are state. What is as expected is one
// path, so that a page of strips stays a few hundred elements.

import { type MouseEvent, memo, useMemo } from "react";
import type { RunBar } from "../api/types";
import { duration, when } from "./format";
import { STATES } from "./states";
import { BAR, BASE, type Bar, bars, STEP } from "./strip";

interface Props {
  flow: string;
  runs: readonly RunBar[];
  usual: number | null;
  slots?: number;
  /** called with the run whose bar was pressed */
  onRun?: (run: RunBar) => void;
}

export const Strip = memo(function Strip({ flow, runs, usual, slots = 50, onRun }: Props) {
  const width = slots * STEP - (STEP - BAR);
  const drawn = useMemo(() => bars(runs, usual, slots, Date.now()), [runs, usual, slots]);
  const quiet = drawn.filter((bar) => bar.drawing === "completed");
  const under = (event: MouseEvent<SVGSVGElement>): Bar | undefined => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    return drawn.find((bar) => x >= bar.x && x < bar.x + STEP);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the link around a strip leads to the same runs as a list.
    <svg
      className="strip"
      width={width}
      height={33}
      viewBox={`0 0 ${width} 33`}
      role="img"
      aria-label={summary(flow, runs)}
      onMouseMove={(event) => {
        const bar = under(event);
        const title = event.currentTarget.querySelector("title");
        if (title) title.textContent = bar ? says(bar.run) : "";
      }}
      onClick={(event) => {
        const bar = under(event);
        if (!bar || !onRun) return;
        event.preventDefault();
        event.stopPropagation();
        onRun(bar.run);
      }}
    >
      <title />
      <path className="base" d={`M0 ${BASE}.5H${width}`} />
      <path
        className="ok"
        d={quiet.map(({ x, y, height }) => `M${x} ${y}h${BAR}v${height}h-${BAR}z`).join("")}
      />
      {drawn
        .filter((bar) => bar.drawing !== "completed")
        .map((bar) => (
          <Mark key={bar.run.id} bar={bar} usual={usual} />
        ))}
    </svg>
  );
});

function Mark({ bar, usual }: { bar: Bar; usual: number | null }) {
  const { x, y, height, drawing } = bar;
  const full = { x, y, width: BAR, height };
  const hollow = { x: x + 0.5, y: y + 0.5, width: BAR - 1, height: height - 1 };
  const middle = x + BAR / 2;
  switch (drawing) {
    case "failed":
      return (
        <g className="s-failed">
          <rect {...full} />
          <path className="mk" d={`M${middle - 2.2} 28l4.4 4M${middle + 2.2} 28l-4.4 4`} />
        </g>
      );
    case "crashed":
      return (
        <g className="s-crashed">
          <path
            className="mkf"
            d={`M${x} ${BASE}v-${height * 0.3}l${BAR} -3V${BASE}zM${x} ${BASE - height * 0.45}V${y}h${BAR}v${height * 0.3}z`}
          />
          <path className="mkf" d={`M${middle} 27.4l2.8 2.8-2.8 2.8-2.8-2.8z`} />
        </g>
      );
    case "cancelled":
    case "cancelling":
      return (
        <g className={`s-${drawing}`}>
          <rect className="hollow" {...hollow} />
          <path className="mk" d={`M${middle - 2} 30h4`} />
        </g>
      );
    case "running": {
      // The outline is what is usual; it fills as time goes by, and is full once that is passed.
      const outline = usual ? Math.max(height, 16) : height;
      return (
        <g className="s-running">
          <rect
            className="hollow"
            x={x + 0.5}
            y={BASE - outline + 0.5}
            width={BAR - 1}
            height={outline - 1}
          />
          <rect {...full} />
        </g>
      );
    }
    case "late":
      return (
        <g className="s-late">
          <rect className="hollow" {...hollow} />
          <circle className="mkf" cx={middle} cy={30} r={2.2} />
        </g>
      );
    case "cached":
    case "scheduled":
    case "pending":
      return <rect className={`hollow s-${drawing}`} {...hollow} />;
    default:
      return <rect className={`s-${drawing}`} {...full} />;
  }
}

function says(run: RunBar): string {
  const parts = [STATES[run.state].word, when(new Date(run.created_at), new Date()), run.name];
  if (run.duration_ms !== null) parts.push(duration(run.duration_ms));
  if (run.message) parts.push(run.message);
  return parts.join(" · ");
}

function summary(flow: string, runs: readonly RunBar[]): string {
  const counts = new Map<string, number>();
  for (const run of runs) counts.set(STATES[run.state].word, (counts.get(STATES[run.state].word) ?? 0) + 1);
  const words = [...counts].map(([word, n]) => `${n} ${word.toLowerCase()}`).join(", ");
  return `last ${runs.length} runs of ${flow}: ${words || "none"}`;
}
