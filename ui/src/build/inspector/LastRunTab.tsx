// How the task went when it last ran: state, message, attempts, and the ways to the run and its log.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { TaskRunDetail } from "../../api/types";
import { clockSeconds, count, duration, when } from "../../parts/format";
import { Said } from "../../parts/Said";
import { State } from "../../parts/State";
import { CopyValue, JsonTree } from "../../run/JsonTree";
import { sizeOf } from "../../run/jsonTree";
import { LogLink } from "../trying/LogLink";
import { taskRunDetail, useLastRun } from "../trying/lastRun";
import { LastOutput } from "./LastOutput";

export function LastRunTab({ flow, task }: { flow: string; task: string }) {
  const last = useLastRun(flow, task);
  const answer = useQuery({
    ...taskRunDetail(last?.run ?? "", last?.task.number ?? 0),
    enabled: last !== null,
  });
  if (!last)
    return (
      <>
        <p className="sect small dim">It has not run yet.</p>
        <LastOutput flow={flow} task={task} />
      </>
    );
  const { task: found, run } = last;
  const ended = found.ended_at ?? found.started_at;
  return (
    <>
      <section className="sect" aria-label="Last run">
        <p className="last-line">
          <State state={found.state} chip />
          <span className="small faint cut">
            {[
              ended === null ? null : when(new Date(ended), new Date()),
              found.duration_ms === null ? null : duration(found.duration_ms),
              found.attempts > 1 ? count(found.attempts, "attempt") : null,
            ]
              .filter((part) => part !== null)
              .join(" · ")}
          </span>
        </p>
        {found.message !== null && (
          <div className="last-message">
            <h3 className="label">{found.state === "Cached" ? "Why it was reused" : "Why"}</h3>
            <p className="msg">
              <Said text={found.message} />
            </p>
          </div>
        )}
        <p className="small last-links">
          <Link className="link" to="/runs/$run" params={{ run }}>
            Open the run
          </Link>
          <LogLink run={run} task={found.path} />
        </p>
      </section>
      <LastOutput flow={flow} task={task} />
      {answer.data && <Inputs found={answer.data} />}
      {answer.data && <Attempts found={answer.data} />}
    </>
  );
}

function Inputs({ found: { inputs } }: { found: TaskRunDetail }) {
  if (sizeOf(inputs) === 0) return null;
  return (
    <section className="sect" aria-label="Inputs">
      <div className="sect-h">
        <h3>Inputs</h3>
        <span className="more">
          <CopyValue value={inputs} what="the inputs" />
        </span>
      </div>
      <JsonTree value={inputs} label="Inputs" />
    </section>
  );
}

function Attempts({ found: { attempts } }: { found: TaskRunDetail }) {
  if (attempts.length < 2) return null;
  return (
    <section className="sect" aria-label="Attempts">
      <h3 className="sect-h">Attempts</h3>
      <ol className="attempts">
        {attempts.map(({ attempt, state, started_at, message }) => (
          <li key={attempt}>
            <span className="faint">{attempt}</span>
            <State state={state ?? (attempt > 1 ? "Retrying" : "Running")} />
            <span className="faint">{started_at && clockSeconds(new Date(started_at))}</span>
            <span className="cut" title={message ?? undefined}>
              <Said text={message} />
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
