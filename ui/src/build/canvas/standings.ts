// What of the tasks is pinned, and what would run anew: asked for the text as it is edited.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { TaskMark } from "../../graph/marks";
import { useEdited } from "../context";
import { rightText, standings } from "../trying/queries";

/** Marks by path; while a run goes on nobody asks what is stale. */
export function useStandings(flow: string, isLive: boolean): ReadonlyMap<string, TaskMark> {
  const text = useSettled(useEdited(rightText));
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
