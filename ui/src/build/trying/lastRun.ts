// What became of a task when it last ran: in what was tried since the newest run of the whole flow, else in that.

import { queryOptions, useQueries } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import type { LogPage, TaskRun, TaskRunDetail, TaskRunList } from "../../api/types";
import { useTellingRuns } from "./telling";
import { useTrial } from "./trials";

/** More task runs than these a flow has only where a task is mapped; what stands for the task is among the first. */
const MOST = 1000;

export const taskInRun = (run: string, task: string) =>
  queryOptions({
    // One question for all the tasks of a run.
    queryKey: ["run", run, "own-tasks"],
    queryFn: ({ signal }) =>
      get<TaskRunList>(path`/runs/${run}/tasks`, { limit: MOST, without_items: true }, signal),
    select: ({ tasks }: TaskRunList) => tasks.find((one) => one.task === task && one.index === null) ?? null,
  });

export const taskRunDetail = (run: string, number: number) =>
  queryOptions({
    queryKey: ["run", run, "task", number],
    queryFn: ({ signal }) => get<TaskRunDetail>(path`/runs/${run}/tasks/${number}`, {}, signal),
  });

/** The number of the last line that a task wrote; `null`: it wrote none. */
export const lastLine = (run: string, task: string) =>
  queryOptions({
    queryKey: ["run", run, "last-line", task],
    queryFn: async ({ signal }) => {
      const page = await get<LogPage>(path`/runs/${run}/logs`, { task, tail: 1 }, signal);
      return page.lines[0]?.number ?? null;
    },
  });

export interface LastRun {
  readonly run: string;
  readonly task: TaskRun;
}

/** What the newest run that tells of the task says of it. */
export function useLastRun(flow: string, task: string): LastRun | null {
  const trial = useTrial(flow);
  const runs = useTellingRuns(flow);
  return useQueries({
    queries: runs.map(({ run }) => taskInRun(run, task)),
    combine: (answers) => {
      for (const [at, { run, isTrial }] of runs.entries()) {
        const answer = answers[at];
        // Until a newer run has answered, an older one has no say.
        if (!answer || answer.isPending) return null;
        const found = answer.data;
        // What a trial left out is as it was before.
        const isTold = !isTrial || (found?.attempts ?? 0) > 0 || (trial?.run === run && trial.task === task);
        if (found && isTold) return { run, task: found };
      }
      return null;
    },
  });
}
