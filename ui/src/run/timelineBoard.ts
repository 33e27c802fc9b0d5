// The bars of a run's timeline: an answer of the API, and the moves since then. Moves that the answer already
// holds change nothing.

import type { GraphNode, Move, State, Timeline } from "../api/types";
import { isEnded, TYPE_OF } from "../parts/states";

export interface Attempt {
  attempt: number;
  start: number;
  end: number | null;
  state: State | null;
}

export interface Bar {
  number: number;
  node: number;
  path: string;
  /** items of mapped tasks stand below their task */
  item: boolean;
  state: State;
  attempts: Attempt[];
}

/** Bars that are kept at most; more items than that are told by their count. */
const MOST = 2000;
const KEPT = 20_000;

export class TimelineBoard {
  #graph: Map<number, GraphNode>;
  #bars = new Map<number, Bar>();
  #recent: Move[] = [];
  #loaded = false;
  #listeners = new Set<() => void>();
  #version = 0;
  #leftOut = 0;
  #leftOutSeen = new Set<number>();

  constructor(nodes: readonly GraphNode[]) {
    this.#graph = new Map(nodes.map((node) => [node.task, node]));
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  version = (): number => this.#version;

  get bars(): ReadonlyMap<number, Bar> {
    return this.#bars;
  }

  get leftOut(): number {
    return this.#leftOut + this.#leftOutSeen.size;
  }

  load(answer: Timeline): void {
    this.#bars = new Map(answer.bars.map((bar) => [bar.task_run, barOf(bar)]));
    this.#leftOut = answer.left_out;
    this.#leftOutSeen.clear();
    this.#loaded = true;
    for (const move of this.#recent) this.#fold(move);
    this.#changed();
  }

  take(moves: readonly Move[]): void {
    this.#recent.push(...moves);
    if (this.#recent.length > KEPT) this.#recent.splice(0, this.#recent.length - KEPT);
    if (!this.#loaded) return;
    for (const move of moves) this.#fold(move);
    this.#changed();
  }

  #fold(move: Move): void {
    if (move.number === 0 || move.node === null) return;
    let bar = this.#bars.get(move.number);
    if (!bar) {
      // What an answer left out has no bar; what is new gets one while there is room.
      const isNew = move.from === null || this.#leftOut === 0;
      if (!isNew) return;
      if (this.#bars.size >= MOST) {
        this.#leftOutSeen.add(move.number);
        return;
      }
      bar = {
        number: move.number,
        node: move.node,
        path: this.#path(move, move.node),
        item: isItem(move, this.#bars),
        state: move.to,
        attempts: [],
      };
      this.#bars.set(move.number, bar);
    }
    foldMove(bar, move);
  }

  #path(move: Move, node: number): string {
    const own = this.#graph.get(node);
    const around = move.parent === null ? undefined : this.#bars.get(move.parent);
    if (around && move.index !== null && around.node === node) return `${around.path}[${move.index}]`;
    if (around && own) return `${around.path}/${own.name}`;
    return own?.path ?? `task run ${move.number}`;
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

function isItem(move: Move, bars: ReadonlyMap<number, Bar>): boolean {
  return move.index !== null || (move.parent !== null && bars.get(move.parent)?.item === true);
}

function barOf(bar: Timeline["bars"][number]): Bar {
  return {
    number: bar.task_run,
    node: bar.node,
    path: bar.path,
    item: bar.path.includes("["),
    state: bar.state,
    attempts: bar.attempts.map(({ attempt, started_at, ended_at, state }) => ({
      attempt,
      start: Date.parse(started_at),
      end: ended_at === null ? null : Date.parse(ended_at),
      state,
    })),
  };
}

/** Whether an attempt goes on in a state. */
function isUnderWay(state: State): boolean {
  const type = TYPE_OF[state];
  return type === "running" || type === "paused" || type === "cancelling";
}

export function foldMove(bar: Bar, move: Move): void {
  const at = Date.parse(move.at);
  const last = bar.attempts.at(-1);
  const newest = Math.max(last?.start ?? 0, last?.end ?? 0);
  if (at < newest) return;
  bar.state = move.to;
  if (isUnderWay(move.to)) {
    const goesOn =
      last !== undefined &&
      last.end === null &&
      move.from !== null &&
      isUnderWay(move.from) &&
      move.from !== move.to;
    if (goesOn || last?.start === at || TYPE_OF[move.to] === "cancelling") return;
    if (last && last.end === null) last.end = at;
    bar.attempts.push({ attempt: (last?.attempt ?? 0) + 1, start: at, end: null, state: null });
  } else if (last && last.end === null) {
    last.end = at;
    last.state = isEnded(TYPE_OF[move.to]) ? move.to : "Failed";
  }
}
