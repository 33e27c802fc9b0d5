// What goes on, and what did not run.

import { Link } from "@tanstack/react-router";
import type { Overview, RunningRun, Upcoming } from "../api/types";
import { count, duration, number, when } from "../parts/format";
import { Said } from "../parts/Said";
import { StateIcon } from "../parts/State";
import { STATES } from "../parts/states";
import { useNow } from "../parts/useNow";

/** So many times to come are shown. */
const NEXT = 8;

export function RunningNow({ running }: { running: readonly RunningRun[] }) {
  const now = useNow(running.length > 0);
  return (
    <section aria-label="Running now">
      <h2 className="sect-h">
        Running now <span className="faint">{running.length === 0 ? "nothing" : number(running.length)}</span>
      </h2>
      {running.length === 0 && (
        <p className="small dim">A run shows here, with how far it is, as long as it goes on.</p>
      )}
      <ul className="dense">
        {running.map((run) => (
          <One key={run.id} run={run} now={now} />
        ))}
      </ul>
    </section>
  );
}

function One({ run, now }: { run: RunningRun; now: number }) {
  const { word, drawing } = STATES[run.state];
  const took = run.started_at ? now - Date.parse(run.started_at) : 0;
  const share = run.total > 0 ? run.done / run.total : 0;
  // The tick is where it would be after its usual time.
  const usual = run.usual_ms ? Math.min(1, took / run.usual_ms) : null;
  return (
    <li>
      <StateIcon drawing={drawing} label={word} />
      <Link className="mono cut flow-name" to="/runs/$run" params={{ run: run.id }} title={run.name}>
        {run.flow}
      </Link>
      <span className="cut dim">
        {run.done} of {count(run.total, "task")}
      </span>
      <span className="prog">
        <i style={{ width: `${share * 100}%` }} />
        {usual !== null && (
          <em style={{ left: `${usual * 100}%` }} title="where its usual time would have it" />
        )}
      </span>
      <span className="num">{duration(took)}</span>
      <span className="faint">{run.usual_ms ? `of usually ${duration(run.usual_ms)}` : ""}</span>
    </li>
  );
}

/** Runs that were asked for and wait for their time within a day. (Times of schedules stand beside their flows.) */
export function Next({ list, now }: { list: readonly Upcoming[]; now: Date }) {
  const waiting = list.flatMap((one) => (one.run === null ? [] : [{ ...one, run: one.run }]));
  if (waiting.length === 0) return null;
  return (
    <section aria-label="Next">
      <h2 className="sect-h">
        Next <span className="faint">{number(waiting.length)} within a day</span>
      </h2>
      <ul className="dense why-not">
        {waiting.slice(0, NEXT).map(({ run, flow, at, text }) => (
          <li key={run}>
            <StateIcon drawing="scheduled" label={STATES.Scheduled.word} />
            <Link className="mono cut flow-name" to="/runs/$run" params={{ run }}>
              {flow}
            </Link>
            <span className="num">{when(new Date(at), now)}</span>
            <span className="cut dim" title={text}>
              {text}
            </span>
          </li>
        ))}
      </ul>
      {waiting.length > NEXT && <p className="small dim">and {number(waiting.length - NEXT)} more</p>}
    </section>
  );
}

export function NotRun({ list, now }: { list: Overview["not_run"]; now: Date }) {
  return (
    <section aria-label="Did not run">
      <h2 className="sect-h">
        Did not run, and why {list.length === 0 && <span className="faint">nothing</span>}
      </h2>
      <ul className="dense why-not">
        {list.map((one) => (
          <li key={`${one.flow} ${one.at}`}>
            <StateIcon drawing="skipped" />
            <Link className="mono cut flow-name" to="/flows/$flow" params={{ flow: one.flow }}>
              {one.flow}
            </Link>
            <span className="num">{when(new Date(one.at), now)}</span>
            <span className="cut dim" title={one.reason}>
              <Said text={one.reason} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
