// One run in the list.

import { Link } from "@tanstack/react-router";
import { type MouseEvent, memo } from "react";
import type { Run } from "../api/types";
import { Check } from "../parts/Check";
import { brief, clockSeconds, dayMonth, dayNumber, duration } from "../parts/format";
import { Said } from "../parts/Said";
import { State } from "../parts/State";
import { isEnded, STATES } from "../parts/states";

interface Props {
  run: Run;
  index: number;
  top: number;
  selected: boolean;
  cursor: boolean;
  /** the longest duration that fills the bar */
  scale: number;
  onSelect: (index: number, event: MouseEvent) => void;
  onCursor: (index: number) => void;
  onOpen: (run: Run) => void;
}

export const RunRow = memo(function RunRow(props: Props) {
  const { run, index, top, selected, cursor, scale, onSelect, onCursor, onOpen } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and takes the keys for its rows.
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      id={`run-${index}`}
      tabIndex={-1}
      className={`tr r ${selected ? "is-selected" : ""} ${cursor ? "is-cursor" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onCursor(index)}
      onDoubleClick={() => onOpen(run)}
    >
      <span role="gridcell">
        <Check
          on={selected}
          label={`Select ${run.name}`}
          tabIndex={-1}
          onChange={(_, event) => onSelect(index, event)}
        />
      </span>
      <span role="gridcell">
        <State state={run.state} />
      </span>
      <span role="gridcell" className="cut mono">
        {run.flow}
      </span>
      <span role="gridcell" className="cut">
        <Link
          className="mono run-link"
          to="/runs/$run"
          params={{ run: run.id }}
          tabIndex={-1}
          preload={false}
        >
          {run.name}
        </Link>
      </span>
      <span role="gridcell" className="cut mono dim" title={parametersText(run.parameters)}>
        <Parameters value={run.parameters} />
      </span>
      <span role="gridcell" className="cut dim" title={run.message ?? undefined}>
        <Said text={run.message} />
      </span>
      <span role="gridcell" className="num">
        <Started at={new Date(run.started_at ?? run.created_at)} />
      </span>
      <span role="gridcell" className={`dur s-${STATES[run.state].drawing}`}>
        {run.duration_ms !== null && (
          <>
            <i style={{ width: Math.max(2, Math.min(1, run.duration_ms / scale) * 44) }} />
            <span>{duration(run.duration_ms)}</span>
          </>
        )}
        {run.duration_ms === null && !isEnded(run.state_type) && <span className="faint">–</span>}
      </span>
    </div>
  );
});

function entries(value: unknown): [string, unknown][] {
  return value !== null && typeof value === "object" ? Object.entries(value) : [];
}

function parametersText(value: unknown): string {
  return entries(value)
    .map(([name, one]) => `${name} = ${brief(one)}`)
    .join("\n")
    .slice(0, 2000);
}

function Parameters({ value }: { value: unknown }) {
  return entries(value)
    .slice(0, 6)
    .map(([name, one]) => (
      <span key={name}>
        {name} <span className="value">{brief(one).slice(0, 60)}</span>{" "}
      </span>
    ));
}

/** The time, and the day where it is not today. */
function Started({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()}>
      {dayNumber(at) !== dayNumber(new Date()) && <span className="faint">{dayMonth(at)} </span>}
      {clockSeconds(at)}
    </time>
  );
}
