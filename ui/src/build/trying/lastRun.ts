// What became of a task when it last ran: in a trial of this window, else in the newest run of the whole flow.

import { queryOptions, useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import { flowGrid } from "../../api/queries";
import type { LogPage, TaskRun, TaskRunDetail, TaskRunList } from "../../api/types";
import { useTrial } from "./trials";

/** More task runs than these a flow has only where a task is mapped; what stands for the task is among the first. */
const MOST = 1000;

export const taskInRun = (run: string, task: string) =>
  queryOptions({
    queryKey: ["run", run, "one-task", task],
    queryFn: async ({ signal }): Promise<TaskRun | null> => {
      const list = await get<TaskRunList>(
        path`/runs/${run}/tasks`,
        { limit: MOST, without_items: true },
        signal,
      );
      return list.tasks.find((one) => one.task === task && one.index === null) ?? null;
    },
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

export function useLastRun(flow: string, task: string): LastRun | null {
  const trial = useTrial(flow);
  const tried = useQuery({ ...taskInRun(trial?.run ?? "", task), enabled: trial !== null });
  const grid = useQuery(flowGrid(flow, 1));
  const newest = grid.data?.runs[0]?.id ?? null;
  const whole = useQuery({ ...taskInRun(newest ?? "", task), enabled: newest !== null });
  // A task that was left out of the trial is as it was before.
  if (trial && tried.data && (tried.data.attempts > 0 || trial.task === task))
    return { run: trial.run, task: tried.data };
  return newest !== null && whole.data ? { run: newest, task: whole.data } : null;
}
