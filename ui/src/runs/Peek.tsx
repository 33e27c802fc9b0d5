// One run beside the list, without leaving it.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { run as question } from "../api/queries";
import type { RunDetail } from "../api/types";
import { brief, clockSeconds, count, dayYear, duration } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { State } from "../parts/State";
import { isEnded } from "../parts/states";
import { useSteer } from "../parts/useSteer";
import { Trouble } from "../shell/Trouble";

export function Peek({ run, onClose }: { run: string; onClose: () => void }) {
  const answer = useQuery(question(run));
  return (
    <aside className="peek panel" aria-label="The run under the cursor">
      <div className="panel-h">
        <h2 className="mono cut">{answer.data?.run.name ?? run}</h2>
        {answer.data && <State state={answer.data.run.state} />}
        <span className="grow" />
        <button type="button" className="btn btn-s btn-icon btn-ghost" aria-label="Close" onClick={onClose}>
          <Icon name="x" />
        </button>
      </div>
      <div className="panel-b scroll">
        {answer.data ? <Body detail={answer.data} /> : answer.error && <Trouble error={answer.error} />}
      </div>
    </aside>
  );
}

function Body({ detail }: { detail: RunDetail }) {
  const { run, failures } = detail;
  const steer = useSteer();
  const ended = isEnded(run.state_type);
  const act = (name: "cancel" | "retry" | "retry-from-failed") => steer.mutate({ act: name, runs: [run.id] });
  return (
    <>
      <div className="sect peek-acts">
        <Link className="btn btn-tint" to="/runs/$run" params={{ run: run.id }}>
          Open run
        </Link>
        {!ended && (
          <button type="button" className="btn" onClick={() => act("cancel")}>
            <Icon name="stop" />
            Cancel
          </button>
        )}
        {ended && run.state_type !== "completed" && (
          <button type="button" className="btn" onClick={() => act("retry-from-failed")}>
            <Icon name="retry" />
            Retry from failed
          </button>
        )}
        {ended && (
          <button type="button" className="btn" onClick={() => act("retry")}>
            <Icon name="play" />
            Run again
          </button>
        )}
      </div>
      {run.message !== null && (
        <p className="sect">
          <Said text={run.message} />
        </p>
      )}
      <dl className="sect facts-list">
        <Fact name="Flow">
          <Link className="link mono" to="/flows/$flow" params={{ flow: run.flow }}>
            {run.flow}
          </Link>
        </Fact>
        <Fact name="Started">
          {run.started_at
            ? `${dayYear(new Date(run.started_at))} ${clockSeconds(new Date(run.started_at))}`
            : "not yet"}
        </Fact>
        <Fact name="Duration">
          {run.duration_ms === null ? "goes on" : duration(run.duration_ms)}
          {detail.usual_ms !== null && <span className="faint"> · usually {duration(detail.usual_ms)}</span>}
        </Fact>
        <Fact name="Tasks">
          {Object.entries(detail.counts)
            .filter(([, n]) => n > 0)
            .map(([type, n]) => `${n} ${type}`)
            .join(", ") || count(detail.task_runs, "task run")}
        </Fact>
        <Fact name="Attempt">{detail.attempt}</Fact>
        {Object.entries((run.parameters as Record<string, unknown> | null) ?? {}).map(([name, value]) => (
          <Fact key={name} name={<code>{name}</code>}>
            <code className="cut">{brief(value)}</code>
          </Fact>
        ))}
      </dl>
      {failures.map((failure) => (
        <section key={failure.path} className="sect">
          <h3 className="sect-h">
            <code>{failure.path}</code> <State state={failure.state} />
          </h3>
          {failure.message !== null && (
            <p className="small">
              <Said text={failure.message} />
            </p>
          )}
          {failure.lines.length > 0 && <pre className="last-lines">{failure.lines.join("\n")}</pre>}
        </section>
      ))}
      {detail.failures_left_out > 0 && (
        <p className="sect faint">and {count(detail.failures_left_out, "failed task")} more</p>
      )}
    </>
  );
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
