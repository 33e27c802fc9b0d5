// What the canvas knows of a run's states: one small store per task, so that news of one task draws one node.

import { createContext, useCallback, useContext, useSyncExternalStore } from "react";
import type { State } from "../api/types";

export interface LiveNode {
  /** of all its task runs in one word; null: none has begun */
  state: State | null;
  /** task runs by state; of a mapped task, its items */
  counts: Partial<Record<State, number>>;
  /** how many the counts are of */
  total: number;
  /** milliseconds since 1970 */
  startedAt: number | null;
  endedAt: number | null;
  attempts: number;
}

export interface NodeStateSource {
  of(task: number): LiveNode | null;
  subscribe(task: number, listener: () => void): () => void;
  /** told once after each batch that changed any task */
  watch(listener: () => void): () => void;
  version(): number;
}

const NONE: NodeStateSource = {
  of: () => null,
  subscribe: () => () => {},
  watch: () => () => {},
  version: () => 0,
};

/** The run whose states a graph shows; without one the graph is a plan. */
export const NodeStatesContext = createContext<NodeStateSource>(NONE);

/** A task's state; the component is drawn anew when it changes and only then. */
export function useLiveNode(task: number): LiveNode | null {
  const source = useContext(NodeStatesContext);
  const subscribe = useCallback((listener: () => void) => source.subscribe(task, listener), [source, task]);
  return useSyncExternalStore(subscribe, () => source.of(task));
}
