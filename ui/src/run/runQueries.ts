// The questions of the run's page. The graph never changes; how the tasks stand and the timeline are followed by
// the boards and asked for anew only when something was missed.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, path } from "../api/client";
import type {
  Comparison,
  Graph,
  NodeStates,
  RunList,
  TaskRunDetail,
  TaskRunList,
  Timeline,
} from "../api/types";

export const runGraph = (run: string) =>
  queryOptions({
    queryKey: ["run-graph", run],
    queryFn: ({ signal }) => get<Graph>(path`/runs/${run}/graph`, {}, signal),
  });

export const runNodes = (run: string) =>
  queryOptions({
    queryKey: ["run-nodes", run],
    queryFn: ({ signal }) => get<NodeStates>(path`/runs/${run}/nodes`, {}, signal),
    staleTime: 0,
  });

export const runTimeline = (run: string) =>
  queryOptions({
    queryKey: ["run-timeline", run],
    queryFn: ({ signal }) => get<Timeline>(path`/runs/${run}/timeline`, {}, signal),
    staleTime: 0,
  });

export const taskRun = (run: string, number: number) =>
  queryOptions({
    queryKey: ["run", run, "task", number],
    queryFn: ({ signal }) => get<TaskRunDetail>(path`/runs/${run}/tasks/${number}`, {}, signal),
    placeholderData: keepPreviousData,
  });

interface Which {
  parent: number | null;
  state: string | null;
  without_items: boolean;
}

export const taskRuns = (run: string, which: Which) =>
  infiniteQueryOptions({
    queryKey: ["run", run, "tasks", which],
    queryFn: ({ pageParam, signal }) =>
      get<TaskRunList>(path`/runs/${run}/tasks`, { ...which, limit: 200, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });

/** The items of a mapped task, the first of them. */
export const itemsOf = (run: string, parent: number, most: number) =>
  queryOptions({
    queryKey: ["run", run, "items", parent, most],
    queryFn: ({ signal }) => get<TaskRunList>(path`/runs/${run}/tasks`, { parent, limit: most }, signal),
    placeholderData: keepPreviousData,
  });

/** Other runs of a flow, to compare with. */
export const runsOfFlow = (flow: string) =>
  queryOptions({
    queryKey: ["runs-of-flow", flow],
    queryFn: ({ signal }) => get<RunList>("/runs", { flow, limit: 25 }, signal),
    staleTime: 0,
  });

export const comparison = (left: string, right: string) =>
  queryOptions({
    queryKey: ["comparison", left, right],
    queryFn: ({ signal }) => get<Comparison>(path`/runs/${left}/compare/${right}`, {}, signal),
    staleTime: 0,
  });
