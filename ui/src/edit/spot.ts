// Where tasks stand once they are grouped otherwise: a second tree beside the one of the file.

import type { TaskPath } from "./document";
import type { Task, TaskGraph } from "./tasks";

export class Spot {
  readonly name: string;
  /** `null`: a group that is not there yet */
  readonly task: Task | null;
  parent: Spot | null;

  constructor(name: string, task: Task | null, parent: Spot | null) {
    this.name = name;
    this.task = task;
    this.parent = parent;
  }

  /** From the outermost group to itself. */
  get chain(): readonly Spot[] {
    return this.parent ? [...this.parent.chain, this] : [this];
  }

  get path(): TaskPath {
    return this.chain.map((spot) => spot.name);
  }
}

/** The tree as it will be. */
export class Arrangement {
  readonly graph: TaskGraph;
  private readonly spots = new Map<Task, Spot>();
  private readonly added: Spot[] = [];
  private scopes: ReadonlyMap<Spot | null, ReadonlyMap<string, Spot>> | null = null;
  /** a group that is taken apart */
  readonly dissolved: Task | null;

  constructor(graph: TaskGraph, dissolved: Task | null = null) {
    this.graph = graph;
    this.dissolved = dissolved;
    for (const task of graph.all) {
      if (task === dissolved) continue;
      const parent = task.parent === dissolved ? (dissolved?.parent ?? null) : task.parent;
      this.spots.set(task, new Spot(task.name, task, parent && this.at(parent)));
    }
  }

  at(task: Task): Spot {
    const spot = this.spots.get(task);
    if (!spot) throw new RangeError(`no place for ${task.name}`);
    return spot;
  }

  move(task: Task, group: Spot | null): void {
    this.at(task).parent = group;
    this.scopes = null;
  }

  addGroup(name: string, parent: Spot | null): Spot {
    const group = new Spot(name, null, parent);
    this.added.push(group);
    this.scopes = null;
    return group;
  }

  get all(): readonly Spot[] {
    return [...this.spots.values(), ...this.added];
  }

  /** Groups that stay, but not with all that stood in them. */
  losing(): ReadonlySet<Task> {
    const found = new Set<Task>();
    for (const task of this.graph.all) {
      const around = task === this.dissolved ? [] : this.at(task).chain;
      for (let group = task.parent; group && task !== this.dissolved; group = group.parent) {
        if (group !== this.dissolved && !around.includes(this.at(group))) found.add(group);
      }
    }
    return found;
  }

  /** What stands directly in a group, or in the flow, by name. */
  inside(parent: Spot | null): ReadonlyMap<string, Spot> {
    this.scopes ??= this.readScopes();
    return this.scopes.get(parent) ?? NOTHING;
  }

  private readScopes(): ReadonlyMap<Spot | null, ReadonlyMap<string, Spot>> {
    const scopes = new Map<Spot | null, Map<string, Spot>>();
    for (const spot of this.all) {
      const scope = scopes.get(spot.parent) ?? new Map<string, Spot>();
      scopes.set(spot.parent, scope.set(spot.name, spot));
    }
    return scopes;
  }
}

const NOTHING: ReadonlyMap<string, Spot> = new Map();

/** The two of one scope that hold the two; `null`: one of them holds the other. */
export function apart(left: Spot, right: Spot): readonly [Spot, Spot] | null {
  const [one, other] = [left.chain, right.chain];
  const at = one.findIndex((spot, index) => spot !== other[index]);
  const [first, second] = [one[at], other[at]];
  return first && second ? [first, second] : null;
}
