// The timeline: a row a task, a bar an attempt, the usual length beside it, a line for now. A chosen bar filters
// the log. Rows out of sight are not there; time is zoomed with Ctrl and the wheel, or + and −.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  memo,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { Graph, State } from "../api/types";
import type { NodeStateSource } from "../graph/nodeStates";
import { count, duration } from "../parts/format";
import { Icon } from "../parts/Icon";
import { StateIcon } from "../parts/State";
import { type Drawing, STATES } from "../parts/states";
import { useNow } from "../parts/useNow";
import { marks, markWord, type Span, shifted, zoomed } from "./axis";
import type { Picked } from "./picked";
import { merged, rowsOf, type TimelineRow } from "./rows";
import type { Attempt, Bar, TimelineBoard } from "./timelineBoard";

interface Props {
  graph: Graph;
  board: TimelineBoard;
  states: NodeStateSource;
  running: boolean;
  startedAt: number | null;
  endedAt: number | null;
  picked: Picked | null;
  onPick: (picked: Picked) => void;
}

const ROW = 20;
/** Room behind the last bar for its words. */
const AFTER = 0.25;
/** What a letter of them takes of a track of usual width. */
const LETTER = 0.015;

export function TimelineView(props: Props) {
  const { graph, board, states, running, picked, onPick } = props;
  // The rows of a large run are worked out apart from the tasks that are drawn, so that neither waits for both.
  const version = useDeferredValue(useSyncExternalStore(board.subscribe, board.version));
  const now = useNow(running, 250);
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [view, setView] = useState<Span | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that the bars are others
  const rows = useMemo(
    () => rowsOf({ graph, bars: board.bars, live: states.of, folded, opened }),
    [graph, board, states, folded, opened, version],
  );
  const origin = props.startedAt ?? firstStart(board) ?? now;
  const end = Math.max(origin + 100, props.endedAt ?? 0, running ? now : (lastEnd(board) ?? 0));
  const bounds = { from: origin, to: end + (end - origin) * AFTER };
  const shown = view ?? bounds;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (at) => rows[at]?.key ?? at,
  });
  const at = rows.findIndex((row) => isPicked(row, picked));
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [at, virtual]);
  useWheel(scroller, shown, bounds, setView);

  const toggle = (node: number) => setFolded((before) => flipped(before, node));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[at];
    const go = (to: number) => {
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      if (next) onPick(pickOf(next));
    };
    const foldable = row?.kind === "task" && row.folds !== null ? row : null;
    const middle = (shown.from + shown.to) / 2;
    if (event.key === "ArrowDown" || event.key === "j") go(at + 1);
    else if (event.key === "ArrowUp" || event.key === "k") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rows.length - 1);
    else if (event.key === "ArrowRight" && foldable?.folds === "folded") toggle(foldable.node.task);
    else if (event.key === "ArrowLeft" && foldable?.folds === "open") toggle(foldable.node.task);
    else if (event.key === "Enter" && row?.kind === "others") setOpened(flipped(opened, row.node.task));
    else if (event.key === "+" || event.key === "=") setView(zoomed(shown, bounds, middle, 0.7));
    else if (event.key === "-") setView(zoomed(shown, bounds, middle, 1 / 0.7));
    else if (event.key === "0") setView(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="gantt">
      <Axis
        view={shown}
        origin={origin}
        now={running ? now : null}
        zoomed={view !== null}
        onWhole={() => setView(null)}
      />
      <div
        ref={scroller}
        className="gantt-rows scroll"
        role="tree"
        aria-label="Timeline of tasks. Plus and minus zoom the time, 0 shows all of it."
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `bar-${rows[at]?.key}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div className="gantt-all" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <Row
                key={row.key}
                row={row}
                top={item.start}
                view={shown}
                now={running ? now : end}
                state={
                  row.kind === "task"
                    ? (states.of(row.node.task)?.state ?? null)
                    : row.kind === "item"
                      ? row.bar.state
                      : null
                }
                picked={item.index === at}
                onPick={onPick}
                onFold={toggle}
                onOpen={(node) => setOpened(flipped(opened, node))}
              />
            );
          })}
        </div>
        {rows.length === 0 && <p className="sect dim">This flow has no tasks.</p>}
      </div>
      {board.leftOut > 0 && (
        <p className="gantt-note faint small">
          {count(board.leftOut, "item")} of mapped tasks without a bar: there are too many. The task table has
          them all.
        </p>
      )}
    </div>
  );
}

function flipped(before: ReadonlySet<number>, one: number): ReadonlySet<number> {
  const after = new Set(before);
  if (!after.delete(one)) after.add(one);
  return after;
}

function isPicked(row: TimelineRow, picked: Picked | null): boolean {
  if (!picked) return false;
  if (row.kind === "item") return picked.taskRun === row.bar.number;
  return (
    row.kind === "task" &&
    picked.node === row.node.task &&
    (picked.taskRun === null || picked.taskRun === row.bar?.number)
  );
}

function pickOf(row: TimelineRow): Picked {
  if (row.kind === "item") return { node: row.bar.node, path: row.bar.path, taskRun: row.bar.number };
  if (row.kind === "others") return { node: row.node.task, path: row.node.path, taskRun: null };
  return {
    node: row.node.task,
    path: row.bar?.path ?? row.node.path,
    taskRun: row.items > 0 ? null : (row.bar?.number ?? null),
  };
}

function firstStart(board: TimelineBoard): number | null {
  let first: number | null = null;
  for (const bar of board.bars.values()) {
    const start = bar.attempts[0]?.start;
    if (start !== undefined && (first === null || start < first)) first = start;
  }
  return first;
}

function lastEnd(board: TimelineBoard): number | null {
  let last: number | null = null;
  for (const bar of board.bars.values()) {
    const end = bar.attempts.at(-1)?.end ?? null;
    if (end !== null && (last === null || end > last)) last = end;
  }
  return last;
}

/** Ctrl and the wheel zoom, Shift and the wheel move. Only a listener that is not passive may stop the page's own zoom. */
function useWheel(
  root: React.RefObject<HTMLDivElement | null>,
  view: Span,
  bounds: Span,
  onView: (view: Span) => void,
): void {
  const latest = useRef({ view, bounds, onView });
  latest.current = { view, bounds, onView };
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      const { view: now, bounds: all, onView: tell } = latest.current;
      const track = element.querySelector(".gt")?.getBoundingClientRect();
      if (!track || track.width === 0) return;
      const across = event.deltaX !== 0 ? event.deltaX : event.shiftKey ? event.deltaY : 0;
      const length = now.to - now.from;
      if (event.ctrlKey || event.metaKey) {
        const share = Math.min(1, Math.max(0, (event.clientX - track.left) / track.width));
        tell(zoomed(now, all, now.from + share * length, Math.exp(event.deltaY * 0.002)));
      } else if (across !== 0) tell(shifted(now, all, (across / track.width) * length));
      else return;
      event.preventDefault();
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [root]);
}

function Axis({
  view,
  origin,
  now,
  zoomed: isZoomed,
  onWhole,
}: {
  view: Span;
  origin: number;
  now: number | null;
  zoomed: boolean;
  onWhole: () => void;
}) {
  const list = marks(view, origin, 6);
  const step = (list[1] ?? 0) - (list[0] ?? 0);
  const place = (at: number) => `${((at - view.from) / (view.to - view.from)) * 100}%`;
  // A word at either end stands within the track.
  const edge = (at: number) =>
    at === origin ? "first" : view.to - at < (view.to - view.from) * 0.06 ? "last" : "";
  const nowHere = now !== null && now >= view.from && now <= view.to;
  const crowded = (at: number) =>
    nowHere && now !== null && Math.abs(origin + at - now) < (view.to - view.from) * 0.07;
  return (
    <div className="gantt-head">
      <span className="gn">
        {isZoomed && (
          <button
            type="button"
            className="btn btn-s btn-ghost"
            title="Show the whole time (0)"
            onClick={onWhole}
          >
            <Icon name="fit" />
            All
          </button>
        )}
      </span>
      <div className="gt axis" aria-hidden="true">
        {list.map((at) => (
          <span key={at} className={edge(origin + at)} style={{ left: place(origin + at) }}>
            {crowded(at) ? "" : markWord(at, step)}
            <i className="gantt-mark" />
          </span>
        ))}
        {nowHere && now !== null && (
          <span className="now" style={{ left: place(now) }}>
            {duration(now - origin)}
            <i className="gantt-mark" />
          </span>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  row: TimelineRow;
  top: number;
  view: Span;
  now: number;
  state: State | null;
  picked: boolean;
  onPick: (picked: Picked) => void;
  onFold: (node: number) => void;
  onOpen: (node: number) => void;
}

const Row = memo(function Row({ row, top, view, now, state, picked, onPick, onFold, onOpen }: RowProps) {
  const shown = state ? STATES[state] : null;
  const name =
    row.kind === "task"
      ? row.node.name
      : row.kind === "item"
        ? row.name
        : row.alone
          ? count(row.count, "item")
          : count(row.count, "other");
  const bar = row.kind === "others" ? null : row.bar;
  const words = row.kind === "others" ? "" : wordsOf(row, shown?.drawing ?? null, now);
  const classes = ["grow-r"];
  if (row.kind !== "task") classes.push("sub");
  if (picked) classes.push("is-selected");
  if (!bar?.attempts.length && row.kind !== "others") classes.push("off");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it has the keys
    <div
      id={`bar-${row.key}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={picked}
      aria-expanded={row.kind === "task" && row.folds !== null ? row.folds === "open" : undefined}
      className={classes.join(" ")}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => (row.kind === "others" ? onOpen(row.node.task) : onPick(pickOf(row)))}
    >
      <span className="gn" style={{ paddingLeft: 6 + row.depth * 14 }}>
        {row.kind === "task" && row.folds !== null ? (
          <button
            type="button"
            className="gn-fold"
            tabIndex={-1}
            aria-hidden="true"
            onClick={(event) => {
              event.stopPropagation();
              onFold(row.node.task);
            }}
          >
            <Icon name={row.folds === "open" ? "down" : "right"} className="i-12" />
          </button>
        ) : (
          <span className="i-12" />
        )}
        {shown && <StateIcon drawing={shown.drawing} size={12} label={shown.word} />}
        <span className="cut">{name}</span>
        {row.kind === "task" && row.items > 0 && <span className="faint">{row.items}</span>}
      </span>
      <span className="gt">
        {row.kind === "others" ? (
          <Spans bars={row.bars} view={view} now={now} />
        ) : (
          bar && (
            <Attempts
              bar={bar}
              drawing={shown?.drawing ?? "pending"}
              group={row.kind === "task" && row.folds !== null}
              usual={row.kind === "task" ? row.node.usual_ms : null}
              view={view}
              now={now}
            />
          )
        )}
        {words !== "" && <Words bar={bar} text={words} view={view} now={now} />}
      </span>
    </div>
  );
});

/** What is said behind a bar. */
function wordsOf(
  row: Exclude<TimelineRow, { kind: "others" }>,
  drawing: Drawing | null,
  now: number,
): string {
  const { bar } = row;
  if (!bar || bar.attempts.length === 0) {
    if (drawing === null || drawing === "pending") return "waits";
    return bar ? STATES[bar.state].word.toLowerCase() : "";
  }
  const first = bar.attempts[0];
  const last = bar.attempts.at(-1);
  if (!first || !last) return "";
  if (bar.attempts.length > 1)
    return last.end === null ? `attempt ${last.attempt}` : `${bar.attempts.length} attempts`;
  const length = duration((last.end ?? now) - first.start);
  return drawing === "paused" ? `${length} open` : length;
}

interface Place {
  left: string;
  width: string;
}

/** Where a span lies in the view; null: beside it. */
function placed(from: number, to: number, view: Span): Place | null {
  if (to < view.from || from > view.to) return null;
  const length = view.to - view.from;
  const start = Math.max(view.from, from);
  return {
    left: `${((start - view.from) / length) * 100}%`,
    width: `${((Math.min(view.to, to) - start) / length) * 100}%`,
  };
}

function Attempts({
  bar,
  drawing,
  group,
  usual,
  view,
  now,
}: {
  bar: Bar;
  drawing: Drawing;
  group: boolean;
  usual: number | null;
  view: Span;
  now: number;
}) {
  const first = bar.attempts[0];
  const mark = first && usual !== null ? placed(first.start + usual, first.start + usual, view) : null;
  return (
    <>
      {bar.attempts.map((attempt, index) => (
        <AttemptBar
          key={attempt.attempt}
          attempt={attempt}
          next={bar.attempts[index + 1]}
          drawing={drawing}
          group={group}
          view={view}
          now={now}
        />
      ))}
      {mark && usual !== null && (
        <i className="gusual" style={{ left: mark.left }} title={`usually ${duration(usual)}`} />
      )}
    </>
  );
}

function AttemptBar({
  attempt,
  next,
  drawing,
  group,
  view,
  now,
}: {
  attempt: Attempt;
  next: Attempt | undefined;
  drawing: Drawing;
  group: boolean;
  view: Span;
  now: number;
}) {
  const place = placed(attempt.start, attempt.end ?? now, view);
  const gap = next && attempt.end !== null ? placed(attempt.end, next.start, view) : null;
  const look = next ? (attempt.state ? STATES[attempt.state].drawing : "failed") : drawing;
  return (
    <>
      {place && (
        <i
          className={`gbar s-${look} ${group && !next && look === "running" ? "hollow" : ""}`}
          style={place}
          title={`attempt ${attempt.attempt}, ${duration((attempt.end ?? now) - attempt.start)}`}
        />
      )}
      {gap && <i className="gbar wait s-scheduled" style={gap} />}
    </>
  );
}

function Spans({ bars, view, now }: { bars: readonly Bar[]; view: Span; now: number }) {
  const spans = merged(bars, now, (view.to - view.from) / 400);
  return spans.map((span) => {
    const place = placed(span.start, span.end, view);
    return place && <i key={span.start} className="gbar thin s-completed" style={place} />;
  });
}

function Words({ bar, text, view, now }: { bar: Bar | null; text: string; view: Span; now: number }) {
  const last = bar?.attempts.at(-1);
  const at = last ? (last.end ?? now) : now;
  const share = Math.min(1, Math.max(0, (at - view.from) / (view.to - view.from)));
  const before = share + 0.02 + text.length * LETTER > 1;
  const style = before ? { right: `${(1 - share) * 100}%` } : { left: `${share * 100}%` };
  return (
    <span className={`gl ${before ? "before" : ""}`} style={style}>
      {text}
    </span>
  );
}
