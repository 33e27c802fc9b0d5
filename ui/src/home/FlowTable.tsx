// One row a flow: its last runs, how the last one went, and the times of the coming day.

import { Link, useNavigate } from "@tanstack/react-router";
import { memo } from "react";
import type { FlowSummary, RunBar } from "../api/types";
import { clock, duration, when } from "../parts/format";
import { Said } from "../parts/Said";
import { StateIcon } from "../parts/State";
import { Strip } from "../parts/Strip";
import { STATES } from "../parts/states";
import { useNow } from "../parts/useNow";
import { hours, lane } from "./lane";

export function FlowTable({ flows, now }: { flows: readonly FlowSummary[]; now: string }) {
  const at = new Date(now);
  const scheduled = flows.some((flow) => flow.schedules.length > 0);
  const carried = flows.every((flow) => flow.scheduling || flow.schedules.length === 0);
  return (
    <section className="flows" aria-label="Flows">
      <div className="tr head th">
        <span>Flow</span>
        <span>Last 50 runs, newest on the right</span>
        <span>Last run</span>
        <div className="axis">
          <span className="first nextl">
            Next 24 hours
            {scheduled && !carried && (
              <b className="not-yet"> times as written; nothing fires until the workspace is enabled here</b>
            )}
          </span>
          <span className="first now">{clock(at)}</span>
          {hours(at).map((hour) => (
            <span key={hour.left} style={{ left: `${hour.left}%` }}>
              {hour.text}
            </span>
          ))}
        </div>
      </div>
      <ul className="body">
        {flows.map((flow) => (
          <Row key={flow.name} flow={flow} now={now} />
        ))}
      </ul>
    </section>
  );
}

const Row = memo(function Row({ flow, now }: { flow: FlowSummary; now: string }) {
  const navigate = useNavigate();
  return (
    <li className="tr flow">
      <Link className="who" to="/flows/$flow" params={{ flow: flow.name }}>
        <b className="mono cut">{flow.name}</b>
        <span className="small faint cut">{says(flow)}</span>
      </Link>
      <Link className="past" to="/runs" search={{ flow: flow.name }} aria-label={`Runs of ${flow.name}`}>
        <Strip
          flow={flow.name}
          runs={flow.last}
          usual={flow.usual_ms}
          onRun={(run) => void navigate({ to: "/runs/$run", params: { run: run.id } })}
        />
      </Link>
      <Last flow={flow} now={now} />
      <Lane flow={flow} now={now} />
    </li>
  );
});

function says(flow: FlowSummary): string {
  const parts = [...flow.schedules.map((one) => one.text), ...flow.triggers.map((one) => `on ${one}`)];
  return parts.length > 0 ? parts.join(", ") : "by hand";
}

function Last({ flow, now }: { flow: FlowSummary; now: string }) {
  const run = flow.last[0];
  if (!run)
    return (
      <span className="last">
        <span className="faint">never ran</span>
      </span>
    );
  const { word, drawing } = STATES[run.state];
  return (
    <Link className="last" to="/runs/$run" params={{ run: run.id }}>
      <span className="l1">
        <span className={`state s-${drawing}`}>
          <StateIcon drawing={drawing} />
          <span className="w">{word}</span>
        </span>
        <span className="dim cut">{when(new Date(run.created_at), new Date(now))}</span>
      </span>
      <Took run={run} usual={flow.usual_ms} />
    </Link>
  );
}

function Took({ run, usual }: { run: RunBar; usual: number | null }) {
  const going = run.duration_ms === null && run.started_at !== null && run.state_type === "running";
  const now = useNow(going);
  const took = going && run.started_at ? now - Date.parse(run.started_at) : run.duration_ms;
  const message = run.state_type === "completed" ? null : run.message;
  const rest = message ?? (usual === null ? null : `usually ${duration(usual)}`);
  return (
    <span className="small faint cut" title={run.message ?? undefined}>
      {took !== null && duration(took)}
      {took !== null && rest !== null && " · "}
      <Said text={rest} />
    </span>
  );
}

function Lane({ flow, now }: { flow: FlowSummary; now: string }) {
  const at = new Date(now);
  const { marks, ticks, text } = lane(flow, at);
  return (
    <div className="lane">
      {hours(at).map((hour) => (
        <i key={hour.left} style={{ left: `${hour.left}%` }} />
      ))}
      {text !== null && <span className="lane-t">{text}</span>}
      {ticks.length > 0 && (
        <svg
          className="ticks"
          viewBox="0 0 100 10"
          preserveAspectRatio="none"
          role="img"
          aria-label={`${ticks.length} times in the next 24 hours`}
        >
          <path d={ticks.map((left) => `M${left} 0V10`).join("")} />
        </svg>
      )}
      {marks.map((mark) => (
        <span
          key={mark.left}
          className={`mark ${mark.left > 80 ? "flip" : ""}`}
          style={{ left: `${mark.left}%` }}
        >
          <StateIcon drawing="scheduled" />
          <span>{mark.text}</span>
        </span>
      ))}
    </div>
  );
}
