// The newest trial of each flow that was started in this window, so that it is still seen when a person comes
// back to the task.

import { useSyncExternalStore } from "react";
import type { TryPart } from "../../api/types";

export interface Trial {
  readonly run: string;
  readonly part: TryPart;
  /** the path of the task that it was seen from */
  readonly task: string;
}

const trials = new Map<string, Trial>();
const watchers = new Set<() => void>();

export function keepTrial(flow: string, trial: Trial): void {
  trials.set(flow, trial);
  for (const watcher of watchers) watcher();
}

export function trialOf(flow: string): Trial | null {
  return trials.get(flow) ?? null;
}

export function useTrial(flow: string): Trial | null {
  return useSyncExternalStore(watch, () => trialOf(flow));
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
