// The graphs of the flows that are drawn where they are called. They are asked for when one is opened, and again
// when a file of theirs changes; a flow in which none is open costs nothing.

import { type UseQueryResult, useQueries } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { flowGraph } from "../api/queries";
import type { Graph } from "../api/types";
import { type Answer, withCalled } from "./called";
import { shared } from "./share";

/** The graph of a flow with those in it that are called by the tasks with these paths. */
export function useCalled(graph: Graph | null, flow: string, opened: readonly string[]): Graph | null {
  const [names, setNames] = useState<readonly string[]>([]);
  const answers = useQueries({ queries: names.map(flowGraph), combine: answersOf });
  const kept = useRef<Graph | null>(null);
  const drawn = useMemo(() => {
    if (!graph) return null;
    const known = new Map(names.flatMap((name, at) => (answers[at] ? [[name, answers[at]] as const] : [])));
    const made = withCalled(graph, flow, new Set(opened), (_, name) => known.get(name ?? ""));
    kept.current = made.graph === graph ? null : shared(kept.current, made.graph);
    return { graph: kept.current ?? graph, needs: made.needs };
  }, [graph, flow, opened, names, answers]);
  // A flow that came calls others, which are asked for next.
  if (drawn && drawn.needs.join(" ") !== names.join(" ")) setNames(drawn.needs);
  return drawn?.graph ?? null;
}

function answersOf(results: readonly UseQueryResult<Graph>[]): readonly Answer[] {
  return results.map(({ data, error }) => ({ graph: data, error: error?.message ?? null }));
}
