// The two runs, one a row.

import { Link } from "@tanstack/react-router";
import type { Comparison, Run } from "../api/types";
import { clockSeconds, dayYear, duration } from "../parts/format";
import { Said } from "../parts/Said";
import { State } from "../parts/State";

export function Who({ answer }: { answer: Comparison }) {
  const { left, right, same_version } = answer;
  return (
    <table className="who">
      <caption className="sr">The two runs</caption>
      <thead>
        <tr className="th">
          <th scope="col">
            <span className="sr">Run</span>
          </th>
          <th scope="col">State</th>
          <th scope="col" className="num">
            Duration
          </th>
          <th scope="col">Started</th>
          <th scope="col">Version</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        <One run={left} side="a" other={right} same={same_version} />
        <One run={right} side="b" other={left} same={same_version} />
      </tbody>
    </table>
  );
}

function One({ run, side, other, same }: { run: Run; side: "a" | "b"; other: Run; same: boolean }) {
  const started = run.started_at === null ? null : new Date(run.started_at);
  return (
    <tr>
      <th scope="row">
        <span className="side-n">
          <span className={`sw ${side}`} aria-hidden="true" />
          <Link className="link mono" to="/runs/$run" params={{ run: run.id }}>
            {run.name}
          </Link>
        </span>
      </th>
      <td>
        <State state={run.state} />
      </td>
      <td className={`num ${run.duration_ms === other.duration_ms ? "" : "dif"}`}>
        {run.duration_ms === null ? "goes on" : duration(run.duration_ms)}
      </td>
      <td>{started === null ? "not yet" : `${dayYear(started)} ${clockSeconds(started)}`}</td>
      <td className={same ? "faint" : "dif"}>
        <code>{run.version?.slice(0, 8) ?? "–"}</code>
        {same && side === "b" && " the same"}
      </td>
      <td className="faint cut">
        <Said text={run.message} />
      </td>
    </tr>
  );
}
