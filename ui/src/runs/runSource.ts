// The list of runs as a pager gets and keeps it.

import type { Query } from "../api/client";
import { runPage } from "../api/queries";
import type { Move, Run } from "../api/types";
import type { Source } from "../parts/pager";
import { isEnded, TYPE_OF } from "../parts/states";

export function runSource(query: Query): Source<Run> {
  return {
    newest: query.sort === undefined,
    id: (run) => run.id,
    fetch: async (limit, cursor, signal) => {
      const { runs, next } = await runPage(query, limit, cursor, signal);
      return { rows: runs, next };
    },
    take: (move, find) => {
      if (move.number !== 0) return null;
      const run = find(move.run);
      return run ? moved(run, move) : "news";
    },
  };
}

/** The run after the move. */
export function moved(run: Run, move: Move): Run {
  const type = TYPE_OF[move.to];
  const started = run.started_at ?? (type === "running" ? move.at : null);
  const ended = isEnded(type) ? move.at : null;
  return {
    ...run,
    state: move.to,
    state_type: type,
    message: move.message,
    started_at: started,
    ended_at: ended,
    duration_ms: ended !== null && started !== null ? Date.parse(ended) - Date.parse(started) : null,
  };
}
