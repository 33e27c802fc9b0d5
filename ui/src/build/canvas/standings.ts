// What of the tasks is pinned, and what would run anew: asked for the text as it is edited.

import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { path, send } from "../../api/client";
import type { TaskMark } from "../../graph/marks";
import { useEdited } from "../context";

interface Standing {
  task: string;
  pinned: boolean;
  stale: string | null;
  last: unknown;
}

/** The key is below the flow's: a run makes the answer old, and so does a pin that is set elsewhere in the tab. */
const standings = (flow: string, text: string | null) =>
  queryOptions({
    queryKey: ["flow", flow, "standings", text],
    queryFn: () => send<{ tasks: Standing[] }>("POST", path`/flows/${flow}/standings`, { text }),
    placeholderData: keepPreviousData,
    gcTime: 10_000,
    retry: false,
  });

/** Marks by path; while a run goes on nobody asks what is stale. */
export function useStandings(flow: string, isLive: boolean): ReadonlyMap<string, TaskMark> {
  const text = useSettled(useEdited((snapshot) => (snapshot.report?.graph ? snapshot.reported : null)));
  const answer = useQuery({ ...standings(flow, text), enabled: text !== null }).data;
  const said = useMemo(() => {
    const marked = answer?.tasks.flatMap(({ task, pinned, stale: why, last }) => {
      // What never gave anything cannot be stale.
      const stale = isLive || last === null ? null : why;
      return pinned || stale !== null ? [[task, { pinned, stale }]] : [];
    });
    return JSON.stringify(marked ?? []);
  }, [answer, isLive]);
  // Another answer that says the same draws nothing anew.
  return useMemo(() => new Map(JSON.parse(said) as [string, TaskMark][]), [said]);
}

/** So long a text stands before it is asked about. */
const SETTLED_MS = 500;

function useSettled(text: string | null): string | null {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
