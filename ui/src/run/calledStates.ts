// How the tasks of a run stand, and those of the runs that it called, by what they are in the graph that is drawn.

import type { Graph } from "../api/types";
import { innerPath, outerPath } from "../graph/called";
import type { NodeStateSource } from "../graph/nodeStates";

/** A run that is followed: the graph that it ran, and how its tasks stand. */
export interface CalledStates {
  readonly graph: Graph;
  readonly states: NodeStateSource;
}

interface Place {
  readonly states: NodeStateSource;
  readonly number: number;
}

/** `called`: the run that the task with a path called, where it is followed. */
export function statesOf(
  own: NodeStateSource,
  graph: Graph,
  called: (path: string) => CalledStates | null,
): NodeStateSource {
  const places = new Map<number, Place>();
  const runs = new Map<CalledStates, ReadonlyMap<string, number>>();
  for (const { task, path } of graph.nodes) {
    // The run's own tasks are numbered from zero on.
    const run = task < 0 ? called(outerPath(path)) : null;
    if (!run) continue;
    const numbers = runs.get(run) ?? new Map(run.graph.nodes.map((node) => [node.path, node.task]));
    runs.set(run, numbers);
    const number = numbers.get(innerPath(path));
    if (number !== undefined) places.set(task, { states: run.states, number });
  }
  if (runs.size === 0) return own;
  const placeOf = (task: number) => (task < 0 ? places.get(task) : { states: own, number: task });
  const sources = [own, ...[...runs.keys()].map(({ states }) => states)];
  return {
    of(task) {
      const place = placeOf(task);
      return place ? place.states.of(place.number) : null;
    },
    subscribe(task, listener) {
      const place = placeOf(task);
      return place ? place.states.subscribe(place.number, listener) : () => {};
    },
    watch(listener) {
      const leave = sources.map((source) => source.watch(listener));
      return () => {
        for (const one of leave) one();
      };
    },
    version: () => sources.reduce((sum, source) => sum + source.version(), 0),
  };
}
