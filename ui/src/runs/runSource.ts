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
      if (!run) return "news";
      return isIn(move, query) ? { row: moved(run, move) } : { gone: run.id };
    },
  };
}

/** Whether the state that a run comes to is among those that are asked for, by type or by name. */
export function isIn(move: Move, { state }: Query): boolean {
  const wanted = (Array.isArray(state) ? state : []).map(plain);
  return wanted.length === 0 || wanted.includes(TYPE_OF[move.to]) || wanted.includes(plain(move.to));
}

/** A state's name as the API takes it: `TimedOut` is `timed_out` too. */
function plain(word: string): string {
  return word.replaceAll("_", "").toLowerCase();
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
