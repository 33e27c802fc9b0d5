// What a run is about, in one line.

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { RunDetail, StateType } from "../api/types";
import { brief, clockSeconds, duration, number, when } from "../parts/format";
import { isEnded } from "../parts/states";
import { useNow } from "../parts/useNow";
import { sizeOf, summary } from "./jsonTree";

export function Facts({ detail }: { detail: RunDetail }) {
  const { run } = detail;
  const running = !isEnded(run.state_type);
  const now = useNow(running && run.started_at !== null, 250);
  const started = run.started_at === null ? null : new Date(run.started_at);
  const length = run.duration_ms ?? (started === null ? null : now - started.getTime());
  return (
    <div className="facts">
      <Fact name="Duration" big>
        {length === null ? "–" : duration(length)}
      </Fact>
      <Fact name="Usually">
        {detail.usual_ms === null ? <span className="faint">not known yet</span> : duration(detail.usual_ms)}
      </Fact>
      <Fact name="Tasks">{tasks(detail)}</Fact>
      <Fact name="Started">{started === null ? "not yet" : said(started)}</Fact>
      {detail.attempt > 1 && <Fact name="Run attempt">{detail.attempt}</Fact>}
      <Fact name="Because" wide>
        <Because detail={detail} />
      </Fact>
      <Fact name="Parameters" wide>
        <Parameters value={run.parameters} />
      </Fact>
      {run.version !== null && (
        <Fact name="Version">
          <code className="faint">{run.version.slice(0, 8)}</code>
        </Fact>
      )}
    </div>
  );
}

function Fact({
  name,
  big = false,
  wide = false,
  children,
}: {
  name: string;
  big?: boolean;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <dl className={wide ? "wide" : ""}>
      <dt>{name}</dt>
      <dd className={big ? "big" : wide ? "cut" : ""}>{children}</dd>
    </dl>
  );
}

function said(at: Date): string {
  const now = new Date();
  return at.toDateString() === now.toDateString() ? clockSeconds(at) : when(at, now);
}

function tasks({ counts, task_runs }: RunDetail): string {
  const ended = (Object.entries(counts) as [StateType, number][])
    .filter(([type]) => isEnded(type))
    .reduce((sum, [, n]) => sum + n, 0);
  return ended === task_runs ? `${number(task_runs)}` : `${number(ended)} of ${number(task_runs)} ended`;
}

function Because({ detail }: { detail: RunDetail }) {
  if (detail.parent !== null) {
    return (
      <>
        run{" "}
        <Link className="link mono" to="/runs/$run" params={{ run: detail.parent }}>
          {detail.parent.slice(0, 8)}
        </Link>{" "}
        calls this flow
      </>
    );
  }
  if (detail.scheduled_for !== null)
    return <>scheduled for {when(new Date(detail.scheduled_for), new Date())}</>;
  if (detail.trigger !== null && detail.trigger !== undefined)
    return <code>{sizeOf(detail.trigger) > 0 ? summary(detail.trigger) : brief(detail.trigger)}</code>;
  return <>someone started it</>;
}

function Parameters({ value }: { value: unknown }) {
  const entries = Object.entries((value ?? {}) as Record<string, unknown>);
  if (entries.length === 0) return <span className="faint">none</span>;
  return entries.map(([name, one]) => (
    <span key={name} className="facts-par">
      <code>{name}</code> <span>{sizeOf(one) > 0 ? summary(one) : brief(one).slice(0, 80)}</span>
    </span>
  ));
}
