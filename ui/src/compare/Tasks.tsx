// The tasks of two runs beside each other: how they ended, how long they took.

import type { Comparison } from "../api/types";
import { count, duration } from "../parts/format";
import { State } from "../parts/State";
import { longer, signed } from "./lengths";

type Task = Comparison["tasks"][number];

/** Rows that are drawn: of many equal tasks nobody reads the thousandth. */
const MOST = 1000;

export function Tasks({ answer, only }: { answer: Comparison; only: boolean }) {
  const { tasks, left, right } = answer;
  const ended = tasks.filter((task) => task.left?.state !== task.right?.state).length;
  const slower = tasks.filter((task) => lengthBy(task) !== null).length;
  const differing = tasks.filter(differs);
  const narrowed = only && differing.length > 0 && differing.length < tasks.length;
  const shown = (narrowed ? differing : tasks).slice(0, MOST);
  const lengths = tasks.flatMap((task) => [task.left?.duration_ms ?? 0, task.right?.duration_ms ?? 0]);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  return (
    <section className="panel" aria-label="Tasks">
      <div className="panel-h">
        <h2>Tasks</h2>
        <span className="faint cut">
          {ended === 0 ? `all ${tasks.length} ended the same` : `${count(ended, "task")} ended differently`};{" "}
          {slower === 0 ? "none" : slower} took another time
        </span>
        <span className="grow" />
        <span className="legend small">
          <span className="sw a" />
          {left.name}
        </span>
        <span className="legend small">
          <span className="sw b" />
          {right.name}
        </span>
      </div>
      <div className="panel-b scroll">
        <table className="ctasks">
          <thead>
            <tr className="th">
              <th scope="col">Task</th>
              <th scope="col">{left.name}</th>
              <th scope="col" className="num">
                <span className="sr">Duration of {left.name}</span>
              </th>
              <th scope="col">Duration, to {duration(longest)}</th>
              <th scope="col" className="num">
                <span className="sr">Duration of {right.name}</span>
              </th>
              <th scope="col">{right.name}</th>
              <th scope="col" className="num">
                Differs
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((task) => (
              <Row key={task.path} task={task} longest={longest} />
            ))}
          </tbody>
        </table>
        {tasks.length > shown.length && (
          <p className="sect small faint">
            {count(tasks.length - shown.length, "task")} {narrowed ? "the same in both" : "more"}
          </p>
        )}
      </div>
    </section>
  );
}

function lengthBy(task: Task): number | null {
  return longer(task.left?.duration_ms, task.right?.duration_ms);
}

function differs(task: Task): boolean {
  return task.left?.state !== task.right?.state || lengthBy(task) !== null;
}

function Row({ task, longest }: { task: Task; longest: number }) {
  const by = lengthBy(task);
  const was = task.left?.duration_ms ?? null;
  const is = task.right?.duration_ms ?? null;
  return (
    <tr className={differs(task) ? "" : "same"}>
      <th scope="row" className="cut">
        <code>{task.path}</code>
      </th>
      <td>
        <Ended side={task.left} />
      </td>
      <td className="num">{was === null ? "–" : duration(was)}</td>
      <td>
        <Bars was={was} is={is} longest={longest} />
      </td>
      <td className="num">{is === null ? "–" : duration(is)}</td>
      <td>
        <Ended side={task.right} />
      </td>
      <td className="num">
        {by !== null && <b>{signed(by)}</b>}
        {by === null && was !== null && is !== null && <span className="faint">same</span>}
      </td>
    </tr>
  );
}

function Ended({ side }: { side: Task["left"] }) {
  return side === null ? <span className="faint">not there</span> : <State state={side.state} />;
}

function Bars({ was, is, longest }: { was: number | null; is: number | null; longest: number }) {
  const share = (ms: number) => `${(ms / longest) * 100}%`;
  return (
    <span className="bars" aria-hidden="true">
      {was !== null && <i className="ba" style={{ width: share(was) }} />}
      {is !== null && <i className="bb" style={{ width: share(Math.min(is, was ?? is)) }} />}
      {is !== null && was !== null && is > was && (
        <i className="bx" style={{ left: share(was), width: share(is - was) }} />
      )}
    </span>
  );
}
