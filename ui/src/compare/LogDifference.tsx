// Where the logs of two runs part, with the lines around it.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { get, path } from "../api/client";
import type { Comparison, LogLine, LogPage, Run } from "../api/types";
import { LogText } from "../log/LogText";

const BEFORE = 4;
const LINES = 14;

export function LogDifference({ answer }: { answer: Comparison }) {
  const { left, right, first_different_line: first } = answer;
  const where =
    first === null ? "no line differs" : `first difference: ${place(first.left)} and ${place(first.right)}`;
  return (
    <section className="panel" aria-label="Log">
      <div className="panel-h">
        <h2>Log</h2>
        <span className="faint cut">{where}; times and durations are left out</span>
      </div>
      {first === null ? (
        <p className="sect small dim">Both runs wrote the same.</p>
      ) : (
        <div className="panel-b two">
          <Side run={left} line={first.left} side="a" />
          <span className="two-line" />
          <Side run={right} line={first.right} side="b" />
        </div>
      )}
    </section>
  );
}

function place(line: LogLine | null): string {
  return line === null ? "the end" : `line ${line.number}`;
}

function Side({ run, line, side }: { run: Run; line: LogLine | null; side: "a" | "b" }) {
  const from = line === null ? null : Math.max(1, line.number - BEFORE);
  const part = from === null ? { tail: BEFORE } : { from, limit: LINES };
  const answer = useQuery({
    queryKey: ["log-around", run.id, from],
    queryFn: ({ signal }) => get<LogPage>(path`/runs/${run.id}/logs`, part, signal),
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keys
    <section className="log scroll" aria-label={`Log of ${run.name}`} tabIndex={0}>
      <p className="lh">
        <span className={`sw ${side}`} aria-hidden="true" />
        <code>{run.name}</code>
        {line !== null && (
          <Link className="link" to="/runs/$run" params={{ run: run.id }} hash={`L${line.number}`}>
            open at line {line.number}
          </Link>
        )}
      </p>
      {answer.data?.lines.map((one) => (
        <div
          key={one.number}
          className={`ll ${one.number !== line?.number ? "" : side === "a" ? "was" : "now"}`}
        >
          <span className="n">{one.number}</span>
          <LogText text={one.text} needle="" current={false} />
        </div>
      ))}
      {line === null && <p className="lh">ends here</p>}
      {answer.error && <p className="lh">{answer.error.message}</p>}
    </section>
  );
}
