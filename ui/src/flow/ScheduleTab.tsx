// When the flow is due, as its file says.

import type { FlowSummary } from "../api/types";
import { Command } from "../parts/Command";
import { ago, clock, dayYear } from "../parts/format";
import { Icon } from "../parts/Icon";
import { StateIcon } from "../parts/State";

export function ScheduleTab({ flow }: { flow: FlowSummary }) {
  const none = flow.schedules.length === 0 && flow.triggers.length === 0;
  const off = !flow.scheduling && flow.schedules.length > 0;
  return (
    <div className="schedule scroll">
      {off && (
        <p className="not-carried">
          <Icon name="warn" />
          <span>
            Nothing here fires: this workspace is not enabled on this machine. In its folder, this lets its
            schedules fire:
          </span>
        </p>
      )}
      {off && <Command text="tidemill enable" />}
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
            {schedule.paused && <span className="faint"> paused</span>}
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
          <p className="dim">
            It has no times: it waits for something to happen. Triggers are not carried out yet.
          </p>
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
