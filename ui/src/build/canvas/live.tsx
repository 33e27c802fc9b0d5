// The newest runs of the flow, shown on the canvas that is edited: how each task stands, and why one failed.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ViewportPortal } from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { get, path } from "../../api/client";
import { run as runDetail } from "../../api/queries";
import type { Graph, LogPage, TaskRun, TaskRunList } from "../../api/types";
import { type LiveNode, type NodeStateSource, NodeStatesContext } from "../../graph/nodeStates";
import type { Box } from "../../graph/place";
import type { Shape } from "../../graph/shape";
import { lineHash } from "../../log/address";
import { Icon } from "../../parts/Icon";
import { isEnded } from "../../parts/states";
import { runGraph } from "../../run/runQueries";
import { useBoards } from "../../run/useBoards";
import { toast, toastError } from "../../shell/toast";
import { useTellingRuns } from "../trying/telling";

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
  /** the newest run goes on: edges show where it has been */
  readonly isLive: boolean;
  readonly states: NodeStateSource;
  /** the runs that tell of the tasks, the newest first */
  readonly runs: readonly string[];
  /** the run that tells how the task at a path stands */
  readonly teller: (path: string) => string | null;
}

/** States of the flow's newest run, with what was tried since over them, by the tasks that are drawn. */
export function useLiveRun(flow: string, graph: Graph | null): LiveRun & { follow: ReactNode } {
  const telling = useTellingRuns(flow);
  const newest = telling[0]?.run ?? null;
  const run = useQuery({ ...runDetail(newest ?? ""), enabled: newest !== null }).data?.run ?? null;
  const [followed, setFollowed] = useState<ReadonlyMap<string, Followed>>(new Map());
  const take = useCallback((id: string, one: Followed | null) => {
    setFollowed((before) => {
      const next = new Map(before);
      if (one) next.set(id, one);
      else next.delete(id);
      return next;
    });
  }, []);
  const told = useMemo(() => {
    const sources = telling.flatMap(({ run: id, isTrial }) => {
      const one = followed.get(id);
      return one ? [{ ...one, run: id, isTrial, numbers: numbersOf(one.graph) }] : [];
    });
    return {
      runs: sources.map((source) => source.run),
      teller: (task: string) =>
        sources.find((source) => isTold(stateIn(source, task), source.isTrial))?.run ?? null,
      states: graph && sources.length > 0 ? byPath(sources, graph) : NOTHING,
    };
  }, [telling, followed, graph]);
  const follow = telling.map(({ run: id }) => <FollowRun key={id} run={id} onFollowed={take} />);
  return { isLive: run !== null && !isEnded(run.state_type), ...told, follow };
}

interface Followed {
  readonly states: NodeStateSource;
  readonly graph: Graph;
}

interface Source extends Followed {
  readonly run: string;
  readonly isTrial: boolean;
  /** of its tasks, by path */
  readonly numbers: ReadonlyMap<string, number>;
}

type OnFollowed = (run: string, followed: Followed | null) => void;

/** Tells how the tasks of a run stand, as soon as it is known; shows nothing. */
function FollowRun({ run, onFollowed }: { run: string; onFollowed: OnFollowed }) {
  const graph = useQuery(runGraph(run)).data;
  return graph ? <FollowGraph run={run} graph={graph} onFollowed={onFollowed} /> : null;
}

function FollowGraph({ run, graph, onFollowed }: { run: string; graph: Graph; onFollowed: OnFollowed }) {
  const { nodes } = useBoards(run, graph);
  useEffect(() => {
    onFollowed(run, { states: nodes, graph });
    return () => onFollowed(run, null);
  }, [run, nodes, graph, onFollowed]);
  return null;
}

function numbersOf({ nodes }: Graph): ReadonlyMap<string, number> {
  return new Map(nodes.map((node) => [node.path, node.task]));
}

function stateIn({ states, numbers }: Source, path: string): LiveNode | null {
  const number = numbers.get(path);
  return number === undefined ? null : states.of(number);
}

/** Runs know the tasks as they were numbered when they began; they are the same by their paths. */
function byPath(sources: readonly Source[], graph: Graph): NodeStateSource {
  const paths = new Map(graph.nodes.map((node) => [node.task, node.path]));
  return {
    of(task) {
      const path = paths.get(task) ?? "";
      for (const source of sources) {
        const live = stateIn(source, path);
        if (isTold(live, source.isTrial)) return live;
      }
      return null;
    },
    subscribe(task, listener) {
      const path = paths.get(task) ?? "";
      const leave = sources.flatMap(({ states, numbers }) => {
        const number = numbers.get(path);
        return number === undefined ? [] : [states.subscribe(number, listener)];
      });
      return () => {
        for (const one of leave) one();
      };
    },
    watch(listener) {
      const leave = sources.map(({ states }) => states.watch(listener));
      return () => {
        for (const one of leave) one();
      };
    },
    version: () => sources.reduce((sum, { states }) => sum + states.version(), 0),
  };
}

/** While a flow is edited, what has not begun is a plan, and what a trial leaves out is as it was before. */
function isTold(live: LiveNode | null, isTrial: boolean): boolean {
  return live !== null && live.state !== null && (!isTrial || live.attempts > 0);
}

/** Edges of a run that has ended are a plan again. */
export function EdgeStates({ live, children }: { live: LiveRun; children: ReactNode }) {
  return <NodeStatesContext value={live.isLive ? live.states : NOTHING}>{children}</NodeStatesContext>;
}

interface FailuresProps {
  live: LiveRun;
  shape: Shape;
  boxes: ReadonlyMap<number, Box>;
}

/** What went wrong, on the task that it went wrong in, with the way to what it wrote last. */
export function Failures(props: FailuresProps) {
  const { states, runs } = props.live;
  // Which run tells of a task is another one once a newer one comes to it.
  useSyncExternalStore(states.watch, states.version);
  return (
    <ViewportPortal>
      {runs.map((run) => (
        <FailuresIn key={run} run={run} {...props} />
      ))}
    </ViewportPortal>
  );
}

function FailuresIn({ run, live, shape, boxes }: FailuresProps & { run: string }) {
  const failed = useQuery(failedTasks(run)).data ?? [];
  return failed.map((failure) => {
    const node = shape.nodes.find((one) => one.node.path === failure.task);
    const box = node && boxes.get(node.id);
    if (!node || !box || live.teller(failure.task) !== run) return null;
    return <FailureBox key={failure.path} run={run} failure={failure} box={box} />;
  });
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
