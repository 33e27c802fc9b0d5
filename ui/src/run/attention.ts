// Which of several states of one task is shown for it. It mirrors what the API says of a node, so that a live
// picture and a fetched one are the same.

import type { State } from "../api/types";

/** What waits for a person, then what goes on, then what went wrong, then the rest. */
const ORDER: readonly (readonly State[])[] = [
  ["Paused"],
  ["Cancelling"],
  ["Running", "Retrying"],
  ["AwaitingRetry", "AwaitingSlot", "Scheduled", "Late"],
  ["Pending"],
  ["Crashed", "Failed", "TimedOut"],
  ["UpstreamFailed"],
  ["Cancelled"],
  ["Completed", "Cached"],
  ["Skipped"],
];

/** The state that needs most attention; null where there is none. */
export function mostTelling(counts: Partial<Record<State, number>>): State | null {
  for (const states of ORDER) {
    const there = states.filter((state) => (counts[state] ?? 0) > 0);
    if (there.length > 0) return there.at(-1) ?? null;
  }
  return null;
}
