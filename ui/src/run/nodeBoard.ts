// How the tasks of a run stand: an answer of the API, and the moves since then folded into it. One pass over a
// batch, and each task that changed is told once.

import type { GraphNode, Move, NodeState, NodeStates, State } from "../api/types";
import type { LiveNode, NodeStateSource } from "../graph/nodeStates";
import { isEnded, TYPE_OF } from "../parts/states";
import { mostTelling } from "./attention";

interface Node {
  live: LiveNode;
  /** the counts are of items and not of the task's own rows */
  items: boolean;
  mapped: boolean;
}

const EMPTY: LiveNode = { state: null, counts: {}, total: 0, startedAt: null, endedAt: null, attempts: 0 };
/** Moves that are kept, so that an answer that was on its way while they came loses none. */
const KEPT = 20_000;

export class NodeBoard implements NodeStateSource {
  #nodes = new Map<number, Node>();
  #listeners = new Map<number, Set<() => void>>();
  #watchers = new Set<() => void>();
  #version = 0;
  #cursor: number | null = null;
  #recent: Move[] = [];

  constructor(nodes: readonly GraphNode[]) {
    for (const { task, mapped } of nodes) this.#nodes.set(task, { live: EMPTY, items: false, mapped });
  }

  of = (task: number): LiveNode | null => this.#nodes.get(task)?.live ?? null;

  subscribe = (task: number, listener: () => void): (() => void) => {
    const listeners = this.#listeners.get(task) ?? new Set();
    this.#listeners.set(task, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  version = (): number => this.#version;

  /** Takes an answer as it is, and what came after it. */
  load(answer: NodeStates): void {
    const before = new Map([...this.#nodes].map(([task, node]) => [task, node.live]));
    for (const node of this.#nodes.values()) {
      node.live = EMPTY;
      node.items = false;
    }
    for (const state of answer.nodes) {
      const node = this.#nodes.get(state.node);
      if (node) Object.assign(node, fromAnswer(state, node.mapped));
    }
    this.#cursor = answer.cursor;
    this.#recent = this.#recent.filter((move) => move.sequence > answer.cursor);
    this.#fold(this.#recent);
    this.#tell(
      [...this.#nodes].filter(([task, { live }]) => before.get(task) !== live).map(([task]) => task),
    );
  }

  /** Folds moves of this run, in order. */
  take(moves: readonly Move[]): void {
    this.#recent.push(...moves);
    if (this.#recent.length > KEPT) this.#recent.splice(0, this.#recent.length - KEPT);
    const cursor = this.#cursor;
    if (cursor === null) return;
    const news = moves.filter((move) => move.sequence > cursor);
    this.#tell(this.#fold(news));
  }

  #fold(moves: readonly Move[]): Set<number> {
    const changed = new Set<number>();
    for (const move of moves) {
      this.#cursor = Math.max(this.#cursor ?? 0, move.sequence);
      const node = move.node === null ? undefined : this.#nodes.get(move.node);
      if (move.node === null || !node) continue;
      // Within a batch a node is copied once; who holds the old one keeps it.
      if (!changed.has(move.node)) node.live = { ...node.live, counts: { ...node.live.counts } };
      changed.add(move.node);
      fold(node, move);
    }
    return changed;
  }

  #tell(tasks: Iterable<number>): void {
    let any = false;
    for (const task of tasks) {
      any = true;
      for (const listener of this.#listeners.get(task) ?? []) listener();
    }
    if (!any) return;
    this.#version += 1;
    for (const watcher of this.#watchers) watcher();
  }
}

function fromAnswer(state: NodeState, mapped: boolean): Pick<Node, "live" | "items"> {
  const total = sum(state.counts);
  return {
    // A mapped task whose only row is its own counts that; its first item's move makes it count items.
    items: mapped && (total > 1 || (state.state !== null && (state.counts[state.state] ?? 0) === 0)),
    live: {
      state: state.state,
      counts: state.counts,
      total,
      startedAt: time(state.started_at),
      endedAt: time(state.ended_at),
      attempts: state.attempts,
    },
  };
}

function fold(node: Node, move: Move): void {
  const { live } = node;
  const item = node.mapped && move.index !== null;
  if (item && !node.items) {
    node.items = true;
    live.counts = {};
  }
  if (item || !node.items) count(live, move.from, move.to);
  // A mapped task's own row says how it stands; else all its rows together do.
  if (!node.mapped) live.state = mostTelling(live.counts);
  else if (!item) live.state = move.to;
  foldTimes(live, move);
}

function count(live: LiveNode, from: State | null, to: State): void {
  const { counts } = live;
  if (from !== null) counts[from] = Math.max(0, (counts[from] ?? 0) - 1);
  counts[to] = (counts[to] ?? 0) + 1;
  live.total = sum(counts);
}

function foldTimes(live: LiveNode, move: Move): void {
  const at = Date.parse(move.at);
  const type = TYPE_OF[move.to];
  if (type === "running" || type === "paused") {
    live.startedAt ??= at;
    if (move.to === "Retrying") live.attempts = Math.max(live.attempts, 2);
    live.attempts = Math.max(live.attempts, 1);
  }
  live.endedAt = live.state !== null && isEnded(TYPE_OF[live.state]) ? at : null;
}

function sum(counts: Partial<Record<State, number>>): number {
  let total = 0;
  for (const count of Object.values(counts)) total += count;
  return total;
}

function time(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
