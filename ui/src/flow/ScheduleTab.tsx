// When the flow is due, as its file says.

import type { FlowSummary } from "../api/types";
import { Command } from "../parts/Command";
import { ago, clock, dayYear } from "../parts/format";
import { Icon } from "../parts/Icon";
import { StateIcon } from "../parts/State";

export function ScheduleTab({ flow }: { flow: FlowSummary }) {
  const none = flow.schedules.length === 0 && flow.triggers.length === 0;
  return (
    <div className="schedule scroll">
      {!flow.scheduling && !none && (
        <p className="not-carried">
          <Icon name="warn" />
          <span>
            This version reads schedules and triggers and tells their times, but does not start runs at them
            yet. Until it does, let cron or a timer of the system call the flow:
          </span>
        </p>
      )}
      {!flow.scheduling && !none && <Command text={`tidemill run ${flow.name} --quiet`} />}
      {none && (
        <p className="dim">
          It has no schedule and no trigger; it runs by hand, or when another flow calls it. A schedule stands
          in the file under <code>schedules</code>.
        </p>
      )}
      {flow.schedules.map((schedule) => (
        <section key={schedule.text}>
          <h2>
            <code>{schedule.text}</code>
            {schedule.paused && <span className="faint"> paused in the file</span>}
          </h2>
          {schedule.next.length === 0 && <p className="dim">It has no time to come.</p>}
          <ul>
            {schedule.next.slice(0, 12).map((text) => (
              <Time key={text} at={new Date(text)} />
            ))}
          </ul>
        </section>
      ))}
      {flow.triggers.map((trigger) => (
        <section key={trigger}>
          <h2>
            <code>{trigger}</code>
          </h2>
          <p className="dim">It has no times: it waits for something to happen.</p>
        </section>
      ))}
    </div>
  );
}

function Time({ at }: { at: Date }) {
  const ahead = at.getTime() - Date.now();
  return (
    <li>
      <StateIcon drawing="scheduled" />
      <span>{dayYear(at)}</span>
      <b>{clock(at)}</b>
      <span className="faint">{ahead < 60_000 ? "now" : `in ${ago(ahead).replace(" ago", "")}`}</span>
    </li>
  );
}
