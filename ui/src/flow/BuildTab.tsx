// The flow's text and its graph side by side, with one selection, and its problems below.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { flowGraph } from "../api/queries";
import type { FlowDetail, Graph } from "../api/types";
import { CodeView } from "../parts/CodeView";
import { count } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Markdown } from "../parts/Markdown";
import { Said } from "../parts/Said";
import { Split } from "../shell/Split";
import { Trouble } from "../shell/Trouble";
import { fileName } from "./fileName";
import { linesOf, type Range, taskAt } from "./lines";

// The layout engine is large; it comes with the first graph that is looked at.
const FlowGraph = lazy(() => import("../graph/FlowGraph").then((file) => ({ default: file.FlowGraph })));

type Chosen = { task: number } | { line: number } | null;

export function BuildTab({ detail }: { detail: FlowDetail }) {
  const { summary, text } = detail;
  const graph = useQuery(flowGraph(summary.name));
  const [chosen, setChosen] = useState<Chosen>(null);
  const nodes = graph.data?.nodes;
  const task = chosen && "task" in chosen ? chosen.task : null;
  const range = useMemo<Range | null>(() => {
    if (chosen === null) return null;
    if ("line" in chosen) return { from: chosen.line, to: chosen.line };
    return nodes ? linesOf(nodes, chosen.task, text) : null;
  }, [chosen, nodes, text]);
  const onLine = (line: number) => {
    const found = nodes ? taskAt(nodes, line, text) : null;
    setChosen(found === null ? null : { task: found });
  };
  const onTask = useCallback(
    (found: number | null) => setChosen(found === null ? null : { task: found }),
    [],
  );
  const broken = summary.problems.find((problem) => problem.severity === "error");
  return (
    <div className="build">
      {broken && (
        <p className="banner">
          <Icon name="warn" />
          <span>
            <b>Line {broken.line}</b>: <Said text={broken.message} />
            {broken.hint && (
              <>
                {" — "}
                <Said text={broken.hint} />
              </>
            )}
          </span>
          <span className="grow" />
          <button type="button" className="btn btn-s" onClick={() => setChosen({ line: broken.line })}>
            Show
          </button>
        </p>
      )}
      <div className="build-work">
        <Split
          name="build"
          parts={[
            {
              id: "text",
              size: "42%",
              min: 240,
              content: (
                <div className="panel build-text">
                  <div className="panel-h">
                    <code className="cut" title={summary.file ?? undefined}>
                      {fileName(summary)}
                    </code>
                    <span className="faint cut">read anew when you come back from your editor</span>
                  </div>
                  {summary.description && (
                    <div className="about dim">
                      <Markdown text={summary.description} />
                    </div>
                  )}
                  <div className="panel-b">
                    <CodeView
                      text={text}
                      label={`The text of ${summary.name}`}
                      problems={summary.problems}
                      chosen={range}
                      onLine={onLine}
                    />
                  </div>
                </div>
              ),
            },
            {
              id: "graph",
              min: 240,
              content: (
                <GraphSide
                  name={summary.name}
                  graph={graph.data}
                  error={graph.error}
                  task={task}
                  broken={broken !== undefined}
                  onTask={onTask}
                />
              ),
            },
          ]}
        />
      </div>
      {summary.problems.length > 0 && <Problems detail={detail} onLine={(line) => setChosen({ line })} />}
    </div>
  );
}

function GraphSide({
  name,
  graph,
  error,
  task,
  broken,
  onTask,
}: {
  name: string;
  graph: Graph | undefined;
  error: unknown;
  task: number | null;
  broken: boolean;
  onTask: (task: number | null) => void;
}) {
  if (graph && graph.nodes.length > 0)
    return (
      <Suspense
        fallback={
          <p className="faint sect" role="status" aria-busy="true">
            Laying out…
          </p>
        }
      >
        <FlowGraph
          graph={graph}
          selected={task}
          onSelect={onTask}
          label={`The graph of ${name}`}
          old={broken}
        />
      </Suspense>
    );
  if (broken)
    return (
      <p className="sect dim">
        The graph is drawn once the file can be read. What is wrong stands above, with its line.
      </p>
    );
  return error ? <Trouble error={error} /> : null;
}

function Problems({ detail, onLine }: { detail: FlowDetail; onLine: (line: number) => void }) {
  const { problems } = detail.summary;
  return (
    <section className="problems" aria-label="Problems">
      <h2 className="panel-h">
        Problems <span className="faint">{count(problems.length, "problem")}</span>
      </h2>
      <ul className="scroll">
        {problems.map((problem) => (
          <li key={`${problem.line}:${problem.column} ${problem.message}`}>
            <button type="button" className="prob" onClick={() => onLine(problem.line)}>
              <Icon name="warn" />
              <code className="faint">
                {problem.line}:{problem.column}
              </code>
              <span className="cut">
                <Said text={problem.message} />
                {problem.hint && (
                  <span className="faint">
                    {" — "}
                    <Said text={problem.hint} />
                  </span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
