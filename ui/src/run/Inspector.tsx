// What is looked at, beside the picture: a task run with its error, inputs, output and attempts; of a mapped
// task its items; and where nothing is chosen, the run itself.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { Graph, GraphNode, RunDetail, TaskRunDetail } from "../api/types";
import { useLiveNode } from "../graph/nodeStates";
import { tally } from "../graph/words";
import { brief, clockSeconds, count, duration } from "../parts/format";
import { Icon, kindIcon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { State, StateIcon } from "../parts/State";
import { isEnded, STATES } from "../parts/states";
import { useNow } from "../parts/useNow";
import { CopyValue, JsonTree } from "./JsonTree";
import { sizeOf } from "./jsonTree";
import type { Picked } from "./picked";
import { taskRun as question } from "./runQueries";

interface Props {
  run: string;
  detail: RunDetail;
  graph: Graph;
  picked: Picked | null;
  /** the task run that stands for a task, if one does */
  numberOf: (picked: Picked) => number | null;
  onPick: (picked: Picked | null) => void;
  onLog: (path: string) => void;
}

export function Inspector(props: Props) {
  const { picked, graph, numberOf } = props;
  const node = picked === null ? undefined : graph.nodes.find((one) => one.task === picked.node);
  if (!picked || !node) return <RunSummary {...props} />;
  return (
    <TaskPanel
      key={`${picked.node} ${picked.taskRun}`}
      {...props}
      picked={picked}
      node={node}
      number={numberOf(picked)}
    />
  );
}

type Tab = "result" | "attempts";

function TaskPanel({
  run,
  detail,
  picked,
  node,
  number,
  onPick,
  onLog,
}: Props & { picked: Picked; node: GraphNode; number: number | null }) {
  const [tab, setTab] = useState<Tab>("result");
  const live = useLiveNode(node.task);
  const answer = useQuery({ ...question(run, number ?? 0), enabled: number !== null });
  const found = number === null ? undefined : answer.data;
  const { flow } = detail.run;
  return (
    <aside className="panel side" aria-label={`Task ${picked.path}`}>
      <header className="insp-h">
        <div className="r">
          <Icon name={kindIcon(node.kind)} />
          <h2 className="mono cut">{picked.path}</h2>
          <span className="grow" />
          <button type="button" className="btn btn-ghost btn-s" onClick={() => onLog(picked.path)}>
            Log
          </button>
          <Link
            className="btn btn-ghost btn-s"
            to="/flows/$flow"
            params={{ flow }}
            hash={`L${node.line}`}
            title={`Line ${node.line} of the flow`}
          >
            Flow
          </Link>
          <button
            type="button"
            className="btn btn-icon btn-ghost btn-s"
            aria-label="Close"
            onClick={() => onPick(null)}
          >
            <Icon name="x" />
          </button>
        </div>
        <div className="r">
          {found ? (
            <State state={found.task_run.state} chip />
          ) : live?.state ? (
            <State state={live.state} chip />
          ) : (
            <span className="faint">Not begun</span>
          )}
          <span className="faint small cut">
            <Timing found={found} usual={node.usual_ms} />
          </span>
        </div>
        <div className="tabs tabs-s" role="tablist" aria-label="About the task">
          <TabButton name="result" tab={tab} onTab={setTab}>
            Result
          </TabButton>
          <TabButton name="attempts" tab={tab} onTab={setTab}>
            Attempts <span className="n">{found?.attempts.length ?? 0}</span>
          </TabButton>
        </div>
      </header>
      <div className="panel-b scroll" role="tabpanel">
        {live && (node.mapped || live.total > 1) && picked.taskRun === null && (
          <Section title="Items">
            <p className="small">{tally(live).join(", ") || "none yet"}</p>
            <p className="small faint">Choose one in the timeline or the task table to see its values.</p>
          </Section>
        )}
        {number === null && !live?.state && (
          <p className="sect small dim">This task has not begun in this run.</p>
        )}
        {answer.error && number !== null && <p className="sect small dim">{answer.error.message}</p>}
        {found &&
          (tab === "result" ? (
            <Result
              found={found}
              node={node}
              lines={detail.failures.find((failure) => failure.path === found.task_run.path)?.lines ?? []}
              onLog={onLog}
            />
          ) : (
            <Attempts found={found} />
          ))}
      </div>
    </aside>
  );
}

function TabButton({
  name,
  tab,
  onTab,
  children,
}: {
  name: Tab;
  tab: Tab;
  onTab: (tab: Tab) => void;
  children: ReactNode;
}) {
  return (
    <button type="button" role="tab" aria-selected={tab === name} onClick={() => onTab(name)}>
      {children}
    </button>
  );
}

function Timing({ found, usual }: { found: TaskRunDetail | undefined; usual: number | null }) {
  const task = found?.task_run;
  const running = task !== undefined && task.started_at !== null && !isEnded(task.state_type);
  const now = useNow(running, 250);
  const length = task?.duration_ms ?? (running && task.started_at ? now - Date.parse(task.started_at) : null);
  const parts = [
    task && task.attempts > 1 ? `attempt ${task.attempts}` : null,
    length === null ? null : duration(length),
    usual === null ? null : `usually ${duration(usual)}`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function Result({
  found,
  node,
  lines,
  onLog,
}: {
  found: TaskRunDetail;
  node: GraphNode;
  /** the last lines of what failed, as far as the run's own document has them */
  lines: readonly string[];
  onLog: (path: string) => void;
}) {
  const { task_run: task, inputs, error } = found;
  const failed = error !== null && error !== undefined;
  return (
    <>
      {failed && <ErrorSection found={found} lines={lines} onLog={onLog} />}
      {!failed && task.message !== null && (
        <Section title={task.state === "Cached" ? "Why it was reused" : "Why"}>
          <p className="msg">
            <Said text={task.message} />
          </p>
        </Section>
      )}
      {found.child !== null && (
        <Section title="Run that it called">
          <Link className="link mono" to="/runs/$run" params={{ run: found.child }}>
            {found.child.slice(0, 8)}
          </Link>
        </Section>
      )}
      <Section
        title="Inputs"
        more={sizeOf(inputs) > 0 ? <CopyValue value={inputs} what="the inputs" /> : undefined}
      >
        {sizeOf(inputs) > 0 ? (
          <JsonTree value={inputs} label="Inputs" />
        ) : (
          <p className="small dim">It was given nothing but the run's own values.</p>
        )}
      </Section>
      <Section
        title="Output"
        more={task.output === null ? undefined : <CopyValue value={task.output} what="the output" />}
      >
        {task.output !== null ? (
          <JsonTree value={task.output} label="Output" />
        ) : (
          <p className="small dim">{noOutput(found, node)}</p>
        )}
      </Section>
    </>
  );
}

function noOutput({ task_run: task }: TaskRunDetail, node: GraphNode): string {
  if (!isEnded(task.state_type)) return `Nothing yet: the task is ${STATES[task.state].word.toLowerCase()}.`;
  if (task.state_type === "completed") return `null: this ${node.kind} task gives no value.`;
  return `None: the task ended ${STATES[task.state].word.toLowerCase()}.`;
}

interface Failure {
  kind?: unknown;
  message?: unknown;
  exit_code?: unknown;
  status?: unknown;
}

function ErrorSection({
  found,
  lines,
  onLog,
}: {
  found: TaskRunDetail;
  lines: readonly string[];
  onLog: (path: string) => void;
}) {
  const failure = (typeof found.error === "object" ? found.error : { message: found.error }) as Failure;
  const { task_run: task } = found;
  const kind = typeof failure.kind === "string" ? failure.kind : null;
  const message = typeof failure.message === "string" ? failure.message : (task.message ?? "");
  const [first = "", ...rest] = message.split("\n");
  return (
    <section className="sect" aria-label="Error">
      <div className="sect-h">
        <StateIcon drawing={STATES[task.state].drawing} />
        <span className={`s-${STATES[task.state].drawing} insp-error`}>
          Error{task.attempts > 1 && ` of attempt ${task.attempts}`}
        </span>
        <span className="more">{task.ended_at === null ? "" : clockSeconds(new Date(task.ended_at))}</span>
      </div>
      <p className="msg">
        {kind !== null && !first.startsWith(kind) && (
          <>
            <b>{kind}</b>:{" "}
          </>
        )}
        <Said text={first} />
        {typeof failure.exit_code === "number" && !message.includes(String(failure.exit_code)) && (
          <span className="faint"> exit code {failure.exit_code}</span>
        )}
        {typeof failure.status === "number" && <span className="faint"> status {failure.status}</span>}
      </p>
      {rest.length > 0 && <pre className="last-lines">{rest.join("\n").slice(0, 8000)}</pre>}
      {rest.length === 0 && lines.length > 0 && <pre className="last-lines">{lines.join("\n")}</pre>}
      <button type="button" className="btn btn-s" onClick={() => onLog(task.path)}>
        Go to its last line in the log
      </button>
    </section>
  );
}

function Attempts({ found }: { found: TaskRunDetail }) {
  if (found.attempts.length === 0) return <p className="sect small dim">No attempt has started.</p>;
  return (
    <ol>
      {found.attempts.map((attempt) => {
        const length =
          attempt.started_at && attempt.ended_at
            ? Date.parse(attempt.ended_at) - Date.parse(attempt.started_at)
            : null;
        return (
          <li key={attempt.attempt} className="sect">
            <div className="sect-h">
              Attempt {attempt.attempt}
              {attempt.state ? (
                <State state={attempt.state} />
              ) : (
                <State state={attempt.attempt > 1 ? "Retrying" : "Running"} />
              )}
              <span className="more">
                {attempt.started_at && clockSeconds(new Date(attempt.started_at))}
                {length !== null && ` · ${duration(length)}`}
              </span>
            </div>
            {attempt.message !== null && (
              <p className="msg">
                <Said text={attempt.message} />
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function RunSummary({ detail, graph, onPick, onLog }: Props) {
  const { run, failures } = detail;
  const pick = (path: string) => {
    const plain = path.replace(/\[\d+\]/g, "");
    const node = graph.nodes.find((one) => one.path === plain);
    if (node) onPick({ node: node.task, path, taskRun: null });
  };
  return (
    <aside className="panel side" aria-label="About the run">
      <header className="insp-h insp-run">
        <div className="r">
          <Icon name="runs" />
          <h2 className="mono cut">{run.name}</h2>
          <span className="grow" />
          <code className="faint small" title={run.id}>
            {run.id.slice(0, 8)}
          </code>
        </div>
        <div className="r">
          <State state={run.state} chip />
        </div>
      </header>
      <div className="panel-b scroll">
        {run.message !== null && (
          <Section title="Why">
            <p className="msg">
              <Said text={run.message} />
            </p>
          </Section>
        )}
        {failures.map((failure) => (
          <section key={failure.path} className="sect" aria-label={`Failed task ${failure.path}`}>
            <div className="sect-h">
              <StateIcon drawing={STATES[failure.state].drawing} />
              <button type="button" className="fold link mono" onClick={() => pick(failure.path)}>
                {failure.path}
              </button>
              <span className="more">{STATES[failure.state].word}</span>
            </div>
            {failure.message !== null && (
              <p className="msg">
                <Said text={failure.message} />
              </p>
            )}
            {failure.lines.length > 0 && <pre className="last-lines">{failure.lines.join("\n")}</pre>}
            <button type="button" className="btn btn-s" onClick={() => onLog(failure.path)}>
              Go to its last line in the log
            </button>
          </section>
        ))}
        {detail.failures_left_out > 0 && (
          <p className="sect small dim">
            and {count(detail.failures_left_out, "failed task")} more, in the task table
          </p>
        )}
        <Section
          title="Parameters"
          more={
            sizeOf(run.parameters) > 0 ? (
              <CopyValue value={run.parameters} what="the parameters" />
            ) : undefined
          }
        >
          {sizeOf(run.parameters) > 0 ? (
            <JsonTree value={run.parameters} label="Parameters" />
          ) : (
            <p className="small dim">This flow has none.</p>
          )}
        </Section>
        <Section
          title="Output"
          more={run.output === null ? undefined : <CopyValue value={run.output} what="the output" />}
        >
          {run.output !== null ? (
            <JsonTree value={run.output} label="Output" />
          ) : (
            <p className="small dim">{isEnded(run.state_type) ? "None." : "Nothing yet: the run goes on."}</p>
          )}
        </Section>
        {detail.trigger !== null && detail.trigger !== undefined && (
          <Section title="Trigger">
            {sizeOf(detail.trigger) > 0 ? (
              <JsonTree value={detail.trigger} label="Trigger" />
            ) : (
              <code>{brief(detail.trigger)}</code>
            )}
          </Section>
        )}
        <dl className="sect facts-list">
          {detail.file !== null && (
            <div>
              <dt>File</dt>
              <dd className="mono cut" title={detail.file}>
                {detail.file}
              </dd>
            </div>
          )}
          {detail.workspace !== null && (
            <div>
              <dt>Workspace</dt>
              <dd className="mono cut" title={detail.workspace}>
                {detail.workspace}
              </dd>
            </div>
          )}
          {run.ended_at !== null && (
            <div>
              <dt>Ended</dt>
              <dd>{clockSeconds(new Date(run.ended_at))}</dd>
            </div>
          )}
        </dl>
      </div>
    </aside>
  );
}

function Section({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className="sect" aria-label={title}>
      <h3 className="sect-h">
        {title}
        {more !== undefined && <span className="more">{more}</span>}
      </h3>
      {children}
    </section>
  );
}
