// The newest run of the flow, shown on the canvas that is edited: how each task stands, and why one failed.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ViewportPortal } from "@xyflow/react";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { get, path } from "../../api/client";
import type { Graph, LogPage, Run, RunList, TaskRun, TaskRunList } from "../../api/types";
import { type NodeStateSource, NodeStatesContext } from "../../graph/nodeStates";
import type { Box } from "../../graph/place";
import type { Shape } from "../../graph/shape";
import { lineHash } from "../../log/address";
import { Icon } from "../../parts/Icon";
import { isEnded } from "../../parts/states";
import { runGraph } from "../../run/runQueries";
import { useBoards } from "../../run/useBoards";
import { toast, toastError } from "../../shell/toast";

/** Its key is below the flow's, so that a new run makes it old. */
const newestRun = (flow: string) =>
  queryOptions({
    queryKey: ["flow", flow, "newest-run"],
    queryFn: ({ signal }) => get<RunList>("/runs", { flow, limit: 1 }, signal),
    select: ({ runs }: RunList) => runs[0] ?? null,
  });

/** What went wrong in it, first come first; what was not run for that is not told again. */
const failedTasks = (run: string) =>
  queryOptions({
    queryKey: ["run", run, "failed-tasks"],
    queryFn: ({ signal }) =>
      get<TaskRunList>(
        path`/runs/${run}/tasks`,
        { state: ["Failed", "TimedOut", "Crashed"], limit: MOST_FAILURES },
        signal,
      ),
    select: ({ tasks }: TaskRunList) => firstOfEach(tasks),
  });

const MOST_FAILURES = 50;

/** Of the items of a mapped task the first that failed: its own message stands there already. */
function firstOfEach(tasks: readonly TaskRun[]): readonly TaskRun[] {
  const found = new Map<string, TaskRun>();
  for (const one of tasks) if (!found.has(one.task) || one.index !== null) found.set(one.task, one);
  return [...found.values()];
}

const NOTHING: NodeStateSource = {
  of: () => null,
  subscribe: () => () => {},
  watch: () => () => {},
  version: () => 0,
};

export interface LiveRun {
  readonly run: Run | null;
  /** it goes on: edges show where it has been */
  readonly isLive: boolean;
  readonly states: NodeStateSource;
}

/** States of the flow's newest run, by the tasks of the graph that is drawn. */
export function useLiveRun(flow: string, graph: Graph | null): LiveRun & { follow: ReactNode } {
  const run = useQuery(newestRun(flow)).data ?? null;
  const [source, setSource] = useState<Source | null>(null);
  const states = useMemo(
    () => (graph && source && source.run === run?.id ? byPath(source, graph) : NOTHING),
    [source, graph, run?.id],
  );
  const ran = useQuery({ ...runGraph(run?.id ?? ""), enabled: run !== null }).data;
  const follow = run && ran ? <Follow key={run.id} run={run.id} graph={ran} onSource={setSource} /> : null;
  return { run, isLive: run !== null && !isEnded(run.state_type), states, follow };
}

interface Source {
  readonly run: string;
  readonly states: NodeStateSource;
  readonly graph: Graph;
}

function Follow({ run, graph, onSource }: { run: string; graph: Graph; onSource: (source: Source) => void }) {
  const { nodes } = useBoards(run, graph);
  useEffect(() => onSource({ run, states: nodes, graph }), [run, nodes, graph, onSource]);
  return null;
}

/** The run knows the tasks as they were numbered when it began; they are the same by their paths. */
function byPath({ states, graph: ran }: Source, graph: Graph): NodeStateSource {
  const numbers = new Map(ran.nodes.map((node) => [node.path, node.task]));
  const inRun = new Map(graph.nodes.map((node) => [node.task, numbers.get(node.path)]));
  return {
    of(task) {
      const number = inRun.get(task);
      const live = number === undefined ? null : states.of(number);
      // While a flow is edited, what has not begun is a plan.
      return live?.state ? live : null;
    },
    subscribe(task, listener) {
      const number = inRun.get(task);
      return number === undefined ? () => {} : states.subscribe(number, listener);
    },
    watch: states.watch,
    version: states.version,
  };
}

/** Edges of a run that has ended are a plan again. */
export function EdgeStates({ live, children }: { live: LiveRun; children: ReactNode }) {
  return <NodeStatesContext value={live.isLive ? live.states : NOTHING}>{children}</NodeStatesContext>;
}

/** What went wrong, on the task that it went wrong in, with the way to what it wrote last. */
export function Failures({
  live,
  shape,
  boxes,
}: {
  live: LiveRun;
  shape: Shape;
  boxes: ReadonlyMap<number, Box>;
}) {
  const { run } = live;
  const failed = useQuery({ ...failedTasks(run?.id ?? ""), enabled: run !== null }).data;
  if (!run || !failed || failed.length === 0) return null;
  return (
    <ViewportPortal>
      {failed.map((failure) => {
        const node = shape.nodes.find((one) => one.node.path === failure.task);
        const box = node && boxes.get(node.id);
        return node && box ? (
          <FailureBox key={failure.path} run={run.id} failure={failure} box={box} />
        ) : null;
      })}
    </ViewportPortal>
  );
}

function FailureBox({ run, failure, box }: { run: string; failure: TaskRun; box: Box }) {
  const navigate = useNavigate();
  const toLog = async () => {
    try {
      const last = await get<LogPage>(path`/runs/${run}/logs`, { task: failure.path, tail: 1 });
      const line = last.lines[0]?.number;
      if (line === undefined) toast({ text: `${failure.path} wrote nothing`, icon: "info" });
      await navigate({
        to: "/runs/$run",
        params: { run },
        ...(line === undefined ? {} : { hash: lineHash(line) }),
      });
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <button
      type="button"
      tabIndex={-1}
      className="build-failure canvas-own nopan"
      style={{ left: box.x + 30, top: box.y + 27, width: box.width - 36 }}
      title={`${failure.path}: ${failure.message ?? failure.state} — to its log`}
      onClick={() => void toLog()}
    >
      <Icon name="file" className="i-12" />
      <span className="cut">{failure.message ?? failure.state}</span>
    </button>
  );
}
