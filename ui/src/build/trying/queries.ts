// What the engine says of a flow as it is being edited: how its tasks stand, what their expressions see and give.
// None of these questions runs anything.

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { get, path, send } from "../../api/client";
import type { Evaluation, Pins, ScopeView, Standing, Standings } from "../../api/types";
import type { Json } from "../../edit/json";
import { type FlowSnapshot, useEdited } from "../context";

/** Answers about a text that nobody looks at any more are not kept long. */
const OLD_MS = 10_000;

/** The key is below the flow's: a run makes the answer old, and so does a pin. */
export const standings = (flow: string, text: string | null) =>
  queryOptions({
    queryKey: ["flow", flow, "standings", text],
    queryFn: () => send<Standings>("POST", path`/flows/${flow}/standings`, { text }),
    placeholderData: keepPreviousData,
    gcTime: OLD_MS,
    retry: false,
  });

export const scope = (flow: string, text: string | null, task: string | null) =>
  queryOptions({
    queryKey: ["flow", flow, "scope", task, text],
    queryFn: () => send<ScopeView>("POST", path`/flows/${flow}/scope`, { text, task }),
    placeholderData: keepPreviousData,
    gcTime: OLD_MS,
    retry: false,
  });

export const evaluation = (flow: string, text: string | null, task: string | null, value: Json) =>
  queryOptions({
    queryKey: ["flow", flow, "evaluation", task, value, text],
    queryFn: () => send<Evaluation>("POST", path`/flows/${flow}/evaluate`, { text, task, value }),
    placeholderData: keepPreviousData,
    gcTime: OLD_MS,
    retry: false,
  });

export const pins = (flow: string) =>
  queryOptions({
    queryKey: ["flow", flow, "pins"],
    queryFn: ({ signal }) => get<Pins>(path`/flows/${flow}/pins`, {}, signal),
  });

/** The text that was checked last: it follows what is typed by a short pause, so that not every letter is asked about. */
export function useCheckedText(): string | null {
  return useEdited((snapshot) => snapshot.reported);
}

/** It, where it has no mistakes; `null`: it has some, and nothing is known of what such a text would do. */
export function useRightText(): string | null {
  return useEdited(rightText);
}

export function rightText({ report, reported }: FlowSnapshot): string | null {
  const isRight = report !== null && !report.problems.some(({ severity }) => severity === "error");
  return isRight ? reported : null;
}

/** How a task stands; `null`: nothing is known of it. */
export function useStanding(flow: string, task: string): Standing | null {
  const text = useRightText();
  const answer = useQuery({ ...standings(flow, text), enabled: text !== null });
  return answer.data?.tasks.find((one) => one.task === task) ?? null;
}
