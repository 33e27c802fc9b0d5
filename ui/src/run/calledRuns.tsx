// The runs that a run's tasks called, drawn within its graph where a person opens them: each with the graph that it
// ran, and with how its tasks stand.

import { useQuery } from "@tanstack/react-query";
import {
  type ReactNode,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { flowGraph } from "../api/queries";
import type { Graph } from "../api/types";
import {
  type Answer,
  calledFlow,
  callsFlow,
  type DrawnNode,
  innerPath,
  outerPath,
  withCalled,
} from "../graph/called";
import type { NodeStateSource } from "../graph/nodeStates";
import { shared } from "../graph/share";
import { type CalledStates, statesOf } from "./calledStates";
import { runGraph, taskRun } from "./runQueries";
import type { TimelineBoard } from "./timelineBoard";
import { useBoards } from "./useBoards";

/** A run as it is followed: its graph, how its tasks stand, and its task runs. */
interface Followed extends CalledStates {
  readonly run: string;
  readonly timeline: TimelineBoard;
}

/** What is known of a call that is opened. */
type Call = Answer & { readonly followed: Followed | null };

export interface CalledRuns {
  /** the run's graph, with those of the calls that are opened */
  readonly graph: Graph;
  readonly states: NodeStateSource;
  /** the run that a task drawn in it belongs to; `null`: it has not begun */
  readonly runOf: (node: DrawnNode) => string | null;
  /** opens or folds what a task calls */
  readonly turn: (task: number) => void;
  /** is to be shown, and shows nothing */
  readonly follow: ReactNode;
}

export function useCalledRuns(flow: string, own: Followed): CalledRuns {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [calls, setCalls] = useState<ReadonlyMap<string, Call>>(new Map());
  const kept = useRef<Graph | null>(null);
  const graph = useMemo(() => {
    const made = withCalled(own.graph, flow, opened, (path) => calls.get(path)).graph;
    kept.current = made === own.graph ? null : shared(kept.current, made);
    return kept.current ?? own.graph;
  }, [own.graph, flow, opened, calls]);
  const states = useMemo(
    () => statesOf(own.states, graph, (path) => calls.get(path)?.followed ?? null),
    [own.states, graph, calls],
  );
  const turn = useCallback(
    (task: number) => {
      const path = graph.nodes.find((node) => node.task === task)?.path;
      if (path === undefined) return;
      setOpened((before) => {
        const after = new Set(before);
        if (!after.delete(path)) after.add(path);
        return after;
      });
    },
    [graph],
  );
  const onCall = useCallback(
    (path: string, call: Call) => setCalls((before) => new Map(before).set(path, call)),
    [],
  );
  const caller = (node: DrawnNode) =>
    node.called ? (calls.get(outerPath(node.path))?.followed ?? null) : own;
  const follow = graph.nodes
    .filter((node) => opened.has(node.path) && callsFlow(node))
    .map((node) => <Called key={node.path} node={node} caller={caller(node)} onCall={onCall} />);
  return { graph, states, runOf: (node) => caller(node)?.run ?? null, turn, follow };
}

interface CalledProps {
  node: DrawnNode;
  /** the run whose task it is; `null`: it has not begun */
  caller: Followed | null;
  onCall: (path: string, call: Call) => void;
}

/** Finds the run that a task called. */
function Called({ node, caller, onCall }: CalledProps) {
  if (!caller) return <Planned node={node} onCall={onCall} />;
  return <Begun node={node} caller={caller} onCall={onCall} />;
}

function Begun({ node, caller, onCall }: CalledProps & { caller: Followed }) {
  const number = useNewest(caller, innerPath(node.path));
  const { data } = useQuery({ ...taskRun(caller.run, number ?? 0), enabled: number !== null });
  const child = number === null ? null : (data?.child ?? null);
  const graph = useQuery({ ...runGraph(child ?? ""), enabled: child !== null });
  if (child === null) return <Planned node={node} onCall={onCall} />;
  if (!graph.data) return null;
  return <Follow key={child} path={node.path} run={child} graph={graph.data} onCall={onCall} />;
}

/** The newest task run of a task; `null`: there is none yet. */
function useNewest({ graph, timeline }: Followed, path: string): number | null {
  useSyncExternalStore(timeline.subscribe, timeline.version);
  const task = graph.nodes.find((one) => one.path === path)?.task;
  let newest: number | null = null;
  for (const bar of timeline.bars.values())
    if (bar.node === task && (newest === null || bar.number > newest)) newest = bar.number;
  return newest;
}

/** What has not begun is drawn as the flow is now. */
function Planned({ node, onCall }: Pick<CalledProps, "node" | "onCall">) {
  const name = calledFlow(node);
  const { data, error } = useQuery({ ...flowGraph(name ?? ""), enabled: name !== null });
  const { path } = node;
  const why = error?.message ?? null;
  useEffect(() => onCall(path, { graph: data, error: why, followed: null }), [path, data, why, onCall]);
  return null;
}

function Follow({
  path,
  run,
  graph,
  onCall,
}: {
  path: string;
  run: string;
  graph: Graph;
  onCall: CalledProps["onCall"];
}) {
  const { nodes, timeline } = useBoards(run, graph);
  useEffect(
    () =>
      onCall(path, { graph, error: null, isRun: true, followed: { run, graph, states: nodes, timeline } }),
    [path, run, graph, nodes, timeline, onCall],
  );
  return null;
}
