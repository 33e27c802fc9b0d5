// The flows of the workspace.

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { flows } from "../api/queries";
import type { FlowSummary } from "../api/types";
import { Empty } from "../home/Empty";
import "../home/home.css";
import { count, duration, when } from "../parts/format";
import { Icon } from "../parts/Icon";
import { firstLine } from "../parts/Markdown";
import { State } from "../parts/State";
import { Strip } from "../parts/Strip";
import { useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { Trouble } from "../shell/Trouble";
import "./flow.css";
import { fileName } from "./fileName";
import { NewFlow } from "./NewFlow";
import { openRunForm } from "./openRunForm";

export function FlowsPage() {
  const answer = useQuery(flows);
  const [text, setText] = useState("");
  const [asksNew, setAsksNew] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([
    { group: "List", keys: "/", says: "Filter", run: () => field.current?.focus() },
    { group: "List", keys: "N", says: "New flow…", run: () => setAsksNew(true) },
  ]);
  const all = answer.data?.flows ?? [];
  const shown = all.filter((flow) =>
    `${flow.name} ${flow.description ?? ""}`.toLowerCase().includes(text.toLowerCase()),
  );
  return (
    <>
      <Top
        title="Flows"
        aside={answer.data ? count(all.length, "flow") : undefined}
        actions={
          <button type="button" className="btn" onClick={() => setAsksNew(true)}>
            <Icon name="plus" />
            New flow…
          </button>
        }
      />
      <NewFlow open={asksNew} onClose={() => setAsksNew(false)} />
      <main className="page flows-page" id="main" tabIndex={-1}>
        {answer.data && all.length === 0 && <Empty />}
        {answer.error && !answer.data && <Trouble error={answer.error} again={() => void answer.refetch()} />}
        {all.length > 0 && (
          <>
            <div className="filters">
              <label className="input text">
                <Icon name="search" />
                <input
                  ref={field}
                  type="search"
                  value={text}
                  placeholder="Filter"
                  aria-label="Filter flows by name or description"
                  onChange={(event) => setText(event.target.value)}
                  onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
                />
              </label>
            </div>
            <div className="tr fl head th">
              <span>Flow</span>
              <span>Starts</span>
              <span>Last 30 runs</span>
              <span>Last run</span>
              <span className="num">Usually</span>
              <span className="num">Tasks</span>
              <span />
            </div>
            <ul className="fl-list scroll">
              {shown.map((flow) => (
                <Row key={flow.name} flow={flow} />
              ))}
              {shown.length === 0 && <li className="sect dim">No flow is called so.</li>}
            </ul>
          </>
        )}
      </main>
    </>
  );
}

function Row({ flow }: { flow: FlowSummary }) {
  const navigate = useNavigate();
  const last = flow.last[0];
  const broken = flow.problems.filter((problem) => problem.severity === "error").length;
  const warned = flow.problems.length - broken;
  const starts = [...flow.schedules.map((one) => one.text), ...flow.triggers.map((one) => `on ${one}`)];
  return (
    <li className="tr fl">
      <Link className="fl-name" to="/flows/$flow" params={{ flow: flow.name }}>
        <span className="l1">
          <b className="mono cut">{flow.name}</b>
          {flow.problems.length > 0 && (
            <span className="state s-late small">
              <Icon name="warn" className="i-14" />
              <span className="w">{broken > 0 ? count(broken, "mistake") : count(warned, "warning")}</span>
            </span>
          )}
        </span>
        <span className="small faint cut">
          {firstLine(flow.title) ?? firstLine(flow.description) ?? fileName(flow)}
        </span>
      </Link>
      <span className="small dim cut" title={starts.join("\n")}>
        {starts.length > 0 ? starts.join(", ") : "by hand"}
      </span>
      <Strip
        flow={flow.name}
        runs={flow.last}
        usual={flow.usual_ms}
        slots={30}
        onRun={(run) => void navigate({ to: "/runs/$run", params: { run: run.id } })}
      />
      {last ? (
        <Link className="fl-last" to="/runs/$run" params={{ run: last.id }}>
          <State state={last.state} />
          <span className="dim cut">{when(new Date(last.created_at), new Date())}</span>
        </Link>
      ) : (
        <span className="faint small">never ran</span>
      )}
      <span className="num small">{flow.usual_ms === null ? "" : duration(flow.usual_ms)}</span>
      <span className="num small">{flow.tasks}</span>
      <button
        type="button"
        className="btn btn-s"
        disabled={broken > 0}
        onClick={() => openRunForm(flow.name)}
      >
        <Icon name="play" />
        Run…
      </button>
    </li>
  );
}
