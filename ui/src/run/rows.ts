// The rows of the timeline: tasks in the order of the flow, groups and mapped tasks that fold, and of many items
// only those that need a look; the others are one row of spans.

import type { Graph, GraphNode } from "../api/types";
import type { LiveNode } from "../graph/nodeStates";
import { isEnded, TYPE_OF } from "../parts/states";
import type { Bar } from "./timelineBoard";

export type TimelineRow =
  | {
      kind: "task";
      key: string;
      node: GraphNode;
      depth: number;
      bar: Bar | null;
      folds: "open" | "folded" | null;
      items: number;
    }
  | { kind: "item"; key: string; depth: number; bar: Bar; name: string }
  | {
      kind: "others";
      key: string;
      depth: number;
      bars: Bar[];
      count: number;
      /** no item has a row of its own: these are all of them */
      alone: boolean;
      node: GraphNode;
    };

/** Items that have a row of their own, of one mapped task. */
const SINGLE_ITEMS = 200;

interface Source {
  graph: Graph;
  bars: ReadonlyMap<number, Bar>;
  live: (task: number) => LiveNode | null;
  folded: ReadonlySet<number>;
  /** mapped tasks of which every item is shown */
  opened: ReadonlySet<number>;
}

export function rowsOf({ graph, bars, live, folded, opened }: Source): TimelineRow[] {
  const own = new Map<number, Bar>();
  const items = new Map<number, Bar[]>();
  for (const bar of bars.values()) {
    if (!bar.item) own.set(bar.node, bar);
    else if (isOwnItem(bar)) add(items, bar.node, bar);
    else add(items, bar.node, bar);
  }
  const children = new Map<number | null, GraphNode[]>();
  for (const node of graph.nodes) add(children, node.parent, node);
  const rows: TimelineRow[] = [];
  const walk = (parent: number | null, depth: number): void => {
    for (const node of children.get(parent) ?? []) {
      const inside = children.has(node.task);
      const mine = items.get(node.task) ?? [];
      const total = live(node.task)?.total ?? mine.length;
      const many = mine.length > 0 || (node.mapped && total > 1);
      const isFolded = folded.has(node.task);
      rows.push({
        kind: "task",
        key: `t${node.task}`,
        node,
        depth,
        bar: own.get(node.task) ?? around(mine, node),
        folds: inside || many ? (isFolded ? "folded" : "open") : null,
        items: many ? total : 0,
      });
      if (isFolded) continue;
      if (many) itemRows(rows, node, mine, total, depth + 1, opened.has(node.task));
      if (inside) walk(node.task, depth + 1);
    }
  };
  walk(null, 0);
  return rows;
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** `fetch[3]` is an item of `fetch`; `each[3]/load` is a task within one. */
function isOwnItem(bar: Bar): boolean {
  return bar.path.endsWith("]");
}

/** One bar from the first start to the last end of several, where a task has no row of its own. */
function around(bars: readonly Bar[], node: GraphNode): Bar | null {
  const first = bars[0];
  if (!first) return null;
  let start = Number.POSITIVE_INFINITY;
  let end: number | null = 0;
  for (const bar of bars) {
    for (const attempt of bar.attempts) {
      start = Math.min(start, attempt.start);
      end = end === null || attempt.end === null ? null : Math.max(end, attempt.end);
    }
  }
  const attempts = Number.isFinite(start) ? [{ attempt: 1, start, end, state: null }] : [];
  return {
    number: first.number,
    node: node.task,
    path: node.path,
    item: false,
    state: first.state,
    attempts,
  };
}

function itemRows(
  rows: TimelineRow[],
  node: GraphNode,
  items: readonly Bar[],
  total: number,
  depth: number,
  all: boolean,
): void {
  const single = items.filter((bar) => all || needsLook(bar)).slice(0, SINGLE_ITEMS);
  const shown = new Set(single);
  for (const bar of single) {
    const name = bar.path.startsWith(node.path) ? bar.path.slice(node.path.length) : bar.path;
    rows.push({ kind: "item", key: `i${bar.number}`, depth, bar, name });
  }
  const others = items.filter((bar) => !shown.has(bar));
  const count = Math.max(others.length, total - single.length);
  const alone = single.length === 0;
  if (count > 0) rows.push({ kind: "others", key: `o${node.task}`, depth, bars: others, count, alone, node });
}

/** What failed, was tried again, or waits for a person. What just runs is many, and no news. */
function needsLook(bar: Bar): boolean {
  const type = TYPE_OF[bar.state];
  return bar.attempts.length > 1 || type === "failed" || type === "crashed" || type === "paused";
}

/** Spans of many bars as few: what touches or overlaps is one. */
export function merged(bars: readonly Bar[], now: number, gap: number): { start: number; end: number }[] {
  const spans = bars
    .flatMap((bar) => bar.attempts)
    .map((attempt) => ({ start: attempt.start, end: attempt.end ?? now }))
    .sort((left, right) => left.start - right.start);
  const found: { start: number; end: number }[] = [];
  for (const span of spans) {
    const last = found.at(-1);
    if (last && span.start <= last.end + gap) last.end = Math.max(last.end, span.end);
    else found.push({ ...span });
  }
  return found;
}

/** When a bar ended, if it did. */
export function endOf(bar: Bar): number | null {
  return isEnded(TYPE_OF[bar.state]) ? (bar.attempts.at(-1)?.end ?? null) : null;
}
