// What changed between two versions of a flow, drawn: one graph of all that either has, and the list of what
// changed beside it. What is chosen in one is shown in the other.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { flowVersionGraph } from "../api/queries";
import type { GraphDiff, VersionText } from "../api/types";
import { CHANGE_ORDER, CHANGES, type Change, ChangesContext, whatChanged } from "../graph/changes";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Split } from "../shell/Split";
import { Trouble } from "../shell/Trouble";
import { type BothGraphs, bothGraphs } from "./bothGraphs";

// The layout engine is large; it comes with the first graph.
const FlowGraph = lazy(() => import("../graph/FlowGraph").then((file) => ({ default: file.FlowGraph })));

interface Props {
  flow: string;
  left: VersionText;
  right: VersionText;
  diff: GraphDiff;
}

/** One line of the list. */
interface Entry {
  key: string;
  change: Change;
  /** the task that it is about; `null`: none that is drawn */
  task: number | null;
  text: React.ReactNode;
}

export function VersionGraph({ flow, left, right, diff }: Props) {
  const before = useQuery(flowVersionGraph(flow, left));
  const after = useQuery(flowVersionGraph(flow, right));
  const both = useMemo(
    () => (before.data && after.data ? bothGraphs(before.data, after.data, diff) : null),
    [before.data, after.data, diff],
  );
  const error = before.error ?? after.error;
  if (error) return <Trouble error={error} />;
  if (!both) return <p className="sect faint" aria-busy="true" />;
  return <Drawn both={both} diff={diff} />;
}

function Drawn({ both, diff }: { both: BothGraphs; diff: GraphDiff }) {
  const entries = useMemo(() => entriesOf(diff, both), [diff, both]);
  const [task, setTask] = useState<number | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const [shown, setShown] = useState<{ task: number } | null>(null);
  const onGraph = (next: number | null) => {
    setTask(next);
    setChosen(entries.find((entry) => entry.task === next && next !== null)?.key ?? null);
  };
  const onList = (entry: Entry) => {
    setChosen(entry.key);
    setTask(entry.task);
    if (entry.task !== null) setShown({ task: entry.task });
  };
  return (
    <Split
      name="version-graph"
      parts={[
        {
          id: "graph",
          min: 280,
          content: (
            <div className="version-graph">
              <ChangesContext value={both.changes}>
                <Suspense fallback={<p className="sect faint" aria-busy="true" />}>
                  <FlowGraph
                    graph={both.graph}
                    selected={task}
                    onSelect={onGraph}
                    shown={shown}
                    label="What changed, as a graph"
                  />
                </Suspense>
              </ChangesContext>
              <Legend both={both} />
            </div>
          ),
        },
        {
          id: "changes",
          size: 300,
          min: 200,
          content: <Changes entries={entries} chosen={chosen} onChoose={onList} />,
        },
      ]}
    />
  );
}

function Changes({
  entries,
  chosen,
  onChoose,
}: {
  entries: readonly Entry[];
  chosen: string | null;
  onChoose: (entry: Entry) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is chosen, and may be out of sight
  useEffect(() => {
    list.current?.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <ul ref={list} className="graph-changes scroll" aria-label="What changed in the graph">
      {entries.map((entry) => (
        <li key={entry.key}>
          <button
            type="button"
            className="graph-change"
            aria-current={entry.key === chosen}
            disabled={entry.task === null}
            onClick={() => onChoose(entry)}
          >
            <span className={`change-word change-${entry.change}`}>
              <Icon name={CHANGES[entry.change].icon} className="i-12" />
              {CHANGES[entry.change].word}
            </span>{" "}
            <span className="graph-change-what">{entry.text}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function entriesOf(diff: GraphDiff, { taskAt }: BothGraphs): readonly Entry[] {
  const tasks = diff.tasks.map((task): Entry => {
    const what = whatChanged(task);
    return {
      key: `${task.change} ${task.path}`,
      change: task.change,
      task: taskAt(task.change === "removed" ? "left" : "right", task.path),
      text: (
        <>
          <code>{task.path}</code>
          {what !== null && <span className="faint"> {what}</span>}
        </>
      ),
    };
  });
  const edges = diff.edges.map((edge): Entry => {
    const { change, from, to, on, implied } = edge;
    return {
      key: `${change} ${from} ${to} ${on} ${implied}`,
      change,
      task: taskAt(change === "removed" ? "left" : "right", to),
      text: (
        <>
          <code>{from}</code>
          <span className="faint"> {on} → </span>
          <code>{to}</code>
          {implied && <span className="faint"> read by an expression</span>}
        </>
      ),
    };
  });
  if (diff.keys.length === 0) return [...tasks, ...edges];
  const text = <span className="faint">of the flow: {diff.keys.join(", ")}</span>;
  return [...tasks, ...edges, { key: "keys", change: "changed", task: null, text }];
}

/** How each change is drawn, of those that there are. */
function Legend({ both: { changes, graph } }: { both: BothGraphs }) {
  const tasks = CHANGE_ORDER.map((change) => ({
    change,
    n: [...changes.values()].filter((one) => one.change === change).length,
  }));
  const edges = (["added", "removed"] as const).map((change) => ({
    change,
    n: graph.edges.filter((edge) => edge.change === change).length,
  }));
  return (
    <ul className="change-legend" aria-label="What the drawing means">
      {tasks.map(
        ({ change, n }) =>
          n > 0 && (
            <li key={change}>
              <i className={`legend-task ch-${change}`} aria-hidden="true" />
              <span className={`change-word change-${change}`}>
                <Icon name={CHANGES[change].icon} className="i-12" />
                {CHANGES[change].word}
              </span>{" "}
              <span className="faint">{count(n, "task")}</span>
            </li>
          ),
      )}
      {edges.map(
        ({ change, n }) =>
          n > 0 && (
            <li key={`edge ${change}`}>
              <svg className={`legend-edge ge ch-${change}`} aria-hidden="true" width="24" height="8">
                <path className="ge-line" d="M1 4h22" />
              </svg>
              <span className={`change-word change-${change}`}>
                <Icon name={CHANGES[change].icon} className="i-12" />
                {CHANGES[change].word}
              </span>{" "}
              <span className="faint">{count(n, "edge")}</span>
            </li>
          ),
      )}
    </ul>
  );
}
