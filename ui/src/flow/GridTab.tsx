// The flow's runs as a grid: a column a run, a row a task.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { flowGrid } from "../api/queries";
import type { Grid, RunBar } from "../api/types";
import { count, duration, when } from "../parts/format";
import { StateIcon } from "../parts/State";
import { STATES } from "../parts/states";
import { Trouble } from "../shell/Trouble";

const RUNS = 30;

export function GridTab({ flow }: { flow: string }) {
  const answer = useQuery(flowGrid(flow, RUNS));
  if (answer.error && !answer.data)
    return <Trouble error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data) return null;
  if (answer.data.runs.length === 0)
    return (
      <p className="sect dim">It never ran. Run… at the top starts it; each run is then a column here.</p>
    );
  return <Cells flow={flow} grid={answer.data} />;
}

function Cells({ flow, grid }: { flow: string; grid: Grid }) {
  const now = new Date();
  // Newest at the right, as in a strip.
  const order = grid.runs.map((_, at) => at).reverse();
  const longest = Math.max(1, ...grid.runs.map((run) => run.duration_ms ?? 0));
  return (
    <div className="grid scroll">
      <p className="grid-h">
        <b>Last {count(grid.runs.length, "run")}</b>
        <span className="faint">
          newest at the right ·{" "}
          <Link className="link" to="/runs" search={{ flow }}>
            all runs of it
          </Link>
        </span>
      </p>
      <table aria-label={`Tasks of the last runs of ${flow}`}>
        <thead>
          <tr>
            <th scope="col" className="th">
              Task
            </th>
            {order.map((at) => {
              const run = grid.runs[at];
              return run ? <Head key={run.id} run={run} longest={longest} now={now} /> : null;
            })}
          </tr>
        </thead>
        <tbody>
          {grid.tasks.map((task) => (
            <tr key={task.path}>
              <th scope="row" className="mono" style={{ paddingLeft: 16 + task.depth * 16 }}>
                {task.name}
              </th>
              {order.map((at) => {
                const cell = task.cells[at];
                const run = grid.runs[at];
                return (
                  <td key={run?.id ?? at}>
                    {cell && run && (
                      <Link
                        to="/runs/$run"
                        params={{ run: run.id }}
                        preload={false}
                        title={`${task.path} · ${STATES[cell.state].word}${cell.count > 1 ? `, ${cell.count} items` : ""}${cell.duration_ms === null ? "" : ` · ${duration(cell.duration_ms)}`} · ${run.name}`}
                      >
                        <StateIcon drawing={STATES[cell.state].drawing} label={STATES[cell.state].word} />
                      </Link>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ run, longest, now }: { run: RunBar; longest: number; now: Date }) {
  const { word, drawing } = STATES[run.state];
  const height = Math.max(3, ((run.duration_ms ?? 0) / longest) * 44);
  return (
    <th scope="col" className="grid-run">
      <Link
        to="/runs/$run"
        params={{ run: run.id }}
        preload={false}
        title={`${run.name} · ${word} · ${when(new Date(run.created_at), now)}${run.duration_ms === null ? "" : ` · ${duration(run.duration_ms)}`}`}
      >
        <i className={`s-${drawing}`} style={{ height }} />
        <StateIcon drawing={drawing} label={`${run.name}: ${word}`} />
      </Link>
    </th>
  );
}
