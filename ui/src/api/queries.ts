// Every question the interface asks, with the key its answer is kept under. `live.ts` says when one is old.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, path, type Query, send } from "./client";
import type {
  ActivityPage,
  CheckReport,
  DoctorAnswer,
  Examples,
  FlowDetail,
  FlowList,
  Graph,
  Grid,
  Health,
  Histogram,
  Limits,
  Overview,
  RunDetail,
  RunList,
  SearchResults,
  SecretNames,
  Settings,
  Variables,
  VersionDiff,
  VersionList,
  VersionText,
  Workspaces,
} from "./types";

/** The stream tells of flow files that change; what changed while there was none is read when one comes back. */
const FILES = { refetchOnWindowFocus: "always" } as const;

export const health = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => get<Health>("/health", {}, signal),
});

export const workspaces = queryOptions({
  queryKey: ["workspaces"],
  queryFn: ({ signal }) => get<Workspaces>("/workspaces", {}, signal),
});

export const overview = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => get<Overview>("/stats", {}, signal),
  ...FILES,
});

export const flows = queryOptions({
  queryKey: ["flows"],
  queryFn: ({ signal }) => get<FlowList>("/flows", {}, signal),
  ...FILES,
});

export const examples = queryOptions({
  queryKey: ["examples"],
  queryFn: ({ signal }) => get<Examples>("/examples", {}, signal),
  // They are part of the program.
  staleTime: Number.POSITIVE_INFINITY,
});

export const flow = (name: string) =>
  queryOptions({
    queryKey: ["flow", name],
    queryFn: ({ signal }) => get<FlowDetail>(path`/flows/${name}`, {}, signal),
    ...FILES,
  });

export const flowGraph = (name: string) =>
  queryOptions({
    queryKey: ["flow", name, "graph"],
    queryFn: ({ signal }) => get<Graph>(path`/flows/${name}/graph`, {}, signal),
    ...FILES,
  });

export const flowGrid = (name: string, limit: number) =>
  queryOptions({
    queryKey: ["flow", name, "grid", limit],
    queryFn: ({ signal }) => get<Grid>(path`/flows/${name}/grid`, { limit }, signal),
  });

export const flowVersions = (name: string) =>
  queryOptions({
    queryKey: ["flow", name, "versions"],
    queryFn: ({ signal }) => get<VersionList>(path`/flows/${name}/versions`, {}, signal),
  });

/** A version's text never changes. */
export const flowVersionText = (name: string, version: string) =>
  queryOptions({
    queryKey: ["flow-version", name, version],
    queryFn: ({ signal }) => get<VersionText>(path`/flows/${name}/versions/${version}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What changed between two versions, which never changes itself. */
export const flowVersionDiff = (name: string, left: string, right: string) =>
  queryOptions({
    queryKey: ["flow-version", name, left, right],
    queryFn: ({ signal }) =>
      get<VersionDiff>(path`/flows/${name}/versions/${left}/diff/${right}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The graph of a version's text. */
export const flowVersionGraph = (name: string, { version, text }: VersionText) =>
  queryOptions({
    queryKey: ["flow-version", name, version, "graph"],
    queryFn: ({ signal }) => send<CheckReport>("POST", "/check", { text, file: null }, {}, signal),
    select: ({ graph }: CheckReport) => graph,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** One page of runs. Pages are kept by the list that shows them, since it knows which rows are news. */
export const runPage = (filters: Query, limit: number, cursor: string | null, signal: AbortSignal) =>
  get<RunList>("/runs", { ...filters, limit, cursor }, signal);

export const histogram = (filters: Query) =>
  queryOptions({
    queryKey: ["histogram", filters],
    queryFn: ({ signal }) => get<Histogram>("/stats/runs", filters, signal),
    placeholderData: keepPreviousData,
  });

export const run = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get<RunDetail>(path`/runs/${id}`, {}, signal),
  });

export const activityPage = (filters: Query, limit: number, cursor: string | null, signal: AbortSignal) =>
  get<ActivityPage>("/activity", { ...filters, limit, cursor }, signal);

export const search = (q: string, limit = 20) =>
  queryOptions({
    queryKey: ["search", q, limit],
    queryFn: ({ signal }) => get<SearchResults>("/search", { q, limit }, signal),
    placeholderData: keepPreviousData,
    staleTime: 2000,
  });

export const settings = queryOptions({
  queryKey: ["settings"],
  queryFn: ({ signal }) => get<Settings>("/settings", {}, signal),
});

export const variables = queryOptions({
  queryKey: ["vars"],
  queryFn: ({ signal }) => get<Variables>("/vars", {}, signal),
});

export const secrets = queryOptions({
  queryKey: ["secrets"],
  queryFn: ({ signal }) => get<SecretNames>("/secrets", {}, signal),
});

export const limits = queryOptions({
  queryKey: ["limits"],
  queryFn: ({ signal }) => get<Limits>("/limits", {}, signal),
});

export const doctor = queryOptions({
  queryKey: ["doctor"],
  queryFn: ({ signal }) => get<DoctorAnswer>("/doctor", {}, signal),
});
