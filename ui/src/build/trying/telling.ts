// The runs that tell how the tasks of a flow stand: the newest of the whole flow, and over it what was tried
// since, in this window or before it was loaded.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get } from "../../api/client";
import { flowGrid } from "../../api/queries";
import type { RunList } from "../../api/types";
import { useTrial } from "./trials";

export interface TellingRun {
  readonly run: string;
  /** only a part of the flow ran: what it left out is as it was before */
  readonly isTrial: boolean;
}

/** What was tried before so many runs is not looked for. */
const MOST = 8;

/** Its key is below the flow's, so that a new run makes it old. */
const newestRuns = (flow: string) =>
  queryOptions({
    queryKey: ["flow", flow, "newest-runs"],
    queryFn: ({ signal }) => get<RunList>("/runs", { flow, limit: MOST }, signal),
    select: ({ runs }: RunList) => runs.map(({ id }) => id).join(" "),
  });

/**
 * The newest first. Of ids the later ones are the greater ones; `whole` is the newest run that is no trial,
 * `trial` the newest one of this window, which may not be among the newest yet.
 */
export function tellingRuns(
  newest: readonly string[],
  whole: string | null,
  trial: string | null,
): readonly TellingRun[] {
  const tried = new Set(trial === null ? newest : [trial, ...newest]);
  const since = [...tried]
    .filter((run) => whole === null || run > whole)
    .sort()
    .reverse();
  const trials = since.slice(0, MOST).map((run) => ({ run, isTrial: true }));
  return whole === null ? trials : [...trials, { run: whole, isTrial: false }];
}

export function useTellingRuns(flow: string): readonly TellingRun[] {
  const newest = useQuery(newestRuns(flow)).data;
  const grid = useQuery(flowGrid(flow, 1)).data;
  const trial = useTrial(flow)?.run ?? null;
  // Without an answer nobody knows what is a trial.
  const whole = grid && (grid.runs[0]?.id ?? null);
  return useMemo(() => {
    if (newest === undefined || whole === undefined) return [];
    return tellingRuns(newest === "" ? [] : newest.split(" "), whole, trial);
  }, [newest, whole, trial]);
}
