// The boards of one run, fed by answers and by the stream.

import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { client, live } from "../api/context";
import { useMoves } from "../api/live";
import type { Graph, Move } from "../api/types";
import { NodeBoard } from "./nodeBoard";
import { runNodes, runTimeline } from "./runQueries";
import { TimelineBoard } from "./timelineBoard";

export function useBoards(run: string, graph: Graph) {
  const nodes = useMemo(() => new NodeBoard(graph.nodes), [graph]);
  const timeline = useMemo(() => new TimelineBoard(graph.nodes), [graph]);
  const states = useQuery(runNodes(run));
  const bars = useQuery(runTimeline(run));
  const attempt = useRef<number | null>(null);

  // Before the first answer is taken: what comes while it is on its way is kept.
  useMoves(
    live,
    run,
    useCallback(
      (moves: Move[]) => {
        nodes.take(moves);
        timeline.take(moves);
        // Another run attempt sets earlier task runs aside; only the answers know which.
        const own = moves.findLast((move) => move.number === 0);
        if (own && attempt.current !== null && own.attempt !== attempt.current) {
          void client.invalidateQueries({ queryKey: ["run-nodes", run] });
          void client.invalidateQueries({ queryKey: ["run-timeline", run] });
        }
        if (own) attempt.current = own.attempt;
      },
      [nodes, timeline, run],
    ),
  );
  useEffect(() => {
    if (states.data) nodes.load(states.data);
  }, [nodes, states.data]);
  useEffect(() => {
    if (bars.data) timeline.load(bars.data);
  }, [timeline, bars.data]);

  const setAttempt = useCallback((number: number) => {
    attempt.current ??= number;
  }, []);
  return { nodes, timeline, setAttempt, failure: states.error ?? bars.error };
}
