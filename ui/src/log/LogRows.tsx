// The rows in view of a log. The scroll bar belongs to a track that is as long as a browser can hold; what is
// shown stands still above it and is drawn for wherever the track is.

import {
  type KeyboardEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useReducer,
  useRef,
  useState,
} from "react";
import type { LogLine } from "../api/types";
import { clockMillis } from "../parts/format";
import { LogText } from "./LogText";
import type { LogLines } from "./lines";
import {
  type Anchor,
  anchorAround,
  anchorAtEnd,
  anchorFor,
  type Extent,
  moved,
  RowHeights,
  rowsInView,
  scrollTopFor,
  trackHeight,
} from "./viewport";

const ROW = 18;
/** Rows that are drawn beyond what is in view. */
const AROUND = 20;
/** Rows that are fetched beyond what is in view. */
const AHEAD = 250;
/** A move of the scroll bar that is longer than so many windows is a jump and not a step. */
const JUMP = 3;
/** How long the track rests before its bar is put where it belongs. */
const REST_MS = 200;

export interface RowsHandle {
  show(row: number): void;
  focus(): void;
}

interface Props {
  ref: Ref<RowsHandle>;
  lines: LogLines;
  /** changes when the lines do */
  version: number;
  needle: string;
  /** the line that the search stands at */
  current: number | null;
  wrap: boolean;
  times: boolean;
  chosen: { from: number; to: number } | null;
  onChoose: (line: number, extend: boolean) => void;
  following: boolean;
  onFollowing: (following: boolean) => void;
  empty: string;
}

export function LogRows(props: Props) {
  const { ref, lines, wrap, following, onFollowing } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const block = useRef<HTMLDivElement>(null);
  const heights = useRef(new RowHeights()).current;
  const [height, setHeight] = useState(0);
  const [anchor, setAnchor] = useState<Anchor>({ row: 0, into: 0 });
  const [, redraw] = useReducer((turn: number) => turn + 1, 0);
  const [whole, setWhole] = useState<ReadonlySet<number>>(new Set());
  const extent: Extent = { rows: lines.rows, rowHeight: ROW, height };
  const latest = useRef(extent);
  latest.current = extent;
  // Where the scroll bar was put by us: its news is no person's doing.
  const placed = useRef(0);

  useImperativeHandle(
    ref,
    () => ({
      show: (row) => setAnchor(anchorAround(row, { ...latest.current, rows: lines.rows }, heights)),
      focus: () => scroller.current?.focus(),
    }),
    [lines, heights],
  );

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setHeight(element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: with another width or wrapping all heights are others
  useLayoutEffect(() => {
    heights.clear();
    redraw();
  }, [wrap, heights]);

  const shown = following ? anchorAtEnd(extent, heights) : moved(anchor, 0, extent, heights);
  const { from, to, above } = rowsInView(shown, extent, heights, AROUND);

  useEffect(() => {
    lines.want(Math.max(0, from - AHEAD), to + AHEAD);
  }, [lines, from, to]);

  // Wrapped rows are as high as they come out; what is in view stays where it is.
  useLayoutEffect(() => {
    if (!wrap || !block.current) return;
    let news = false;
    for (const element of block.current.children) {
      if (!(element instanceof HTMLElement) || element.dataset.row === undefined) continue;
      news = heights.set(Number(element.dataset.row), element.offsetHeight, ROW) || news;
    }
    if (news) redraw();
  });

  const settle = useCallback(
    (target: Anchor) => {
      const element = scroller.current;
      if (!element) return;
      const top = Math.round(scrollTopFor(target, latest.current, heights));
      placed.current = top;
      if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top;
      placed.current = element.scrollTop;
    },
    [heights],
  );
  // The bar follows what is shown, unless it is just being moved.
  const moving = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useLayoutEffect(() => {
    if (moving.current === undefined) settle(shown);
  });
  useEffect(() => () => clearTimeout(moving.current), []);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const by = element.scrollTop - placed.current;
    if (Math.abs(by) < 1) return;
    placed.current = element.scrollTop;
    const now = latest.current;
    const atEdge =
      element.scrollTop <= 0 || element.scrollTop >= element.scrollHeight - element.clientHeight - 1;
    const next =
      Math.abs(by) > JUMP * now.height || atEdge
        ? anchorFor(element.scrollTop, now, heights)
        : moved(shown, by, now, heights);
    if (by < 0 && following) onFollowing(false);
    if (!following || by < 0) setAnchor(next);
    clearTimeout(moving.current);
    moving.current = setTimeout(() => {
      moving.current = undefined;
      redraw();
    }, REST_MS);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(ROW, height - 2 * ROW);
    const steps: Record<string, number> = {
      ArrowDown: ROW,
      ArrowUp: -ROW,
      PageDown: page,
      PageUp: -page,
      Home: -Number.MAX_SAFE_INTEGER,
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "End") onFollowing(true);
    else if (event.key in steps) {
      const by = steps[event.key] ?? 0;
      if (by < 0) onFollowing(false);
      if (by < 0 || !following) setAnchor(moved(shown, by, extent, heights));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const top = shown.into > 0 ? shown.row + 1 : shown.row;
  const digits = String((lines.line(to - 1)?.number ?? lines.rows) + 1).length;
  const drawn: number[] = [];
  for (let row = from; row < to; row += 1) drawn.push(row);
  return (
    <div
      ref={scroller}
      className="panel-b log log-scroll"
      role="log"
      aria-live="off"
      aria-label={`Lines of the log, ${lines.rows} in all`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls by keys
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
    >
      <div className="log-track" style={{ height: trackHeight(extent, heights) }}>
        <div
          className={`log-window ${wrap ? "is-wrapped" : ""} ${props.times ? "" : "no-times"} ${lines.several ? "" : "no-paths"}`}
          style={{ height, "--ln": `${Math.max(4, digits) + 3}ch` } as React.CSSProperties}
        >
          <div ref={block} className="log-block" style={{ transform: `translateY(${above}px)` }}>
            {drawn.map((row) => (
              <Row
                key={row}
                row={row}
                line={lines.line(row)}
                // The first in view says whose it is, though the line before it was of the same.
                before={row > top ? lines.line(row - 1) : undefined}
                props={props}
                whole={whole}
                onWhole={(line) => setWhole(new Set([...whole, line]))}
              />
            ))}
          </div>
          {lines.rows === 0 && (
            <p className="log-empty dim" role="status">
              {lines.failure ?? (lines.known ? props.empty : "")}
            </p>
          )}
          {lines.rows > 0 && lines.failure !== null && (
            <p className="log-failure" role="alert">
              {lines.failure}
            </p>
          )}
        </div>
      </div>
    </div>
  );
}

interface RowProps {
  row: number;
  line: LogLine | undefined;
  before: LogLine | undefined;
  props: Props;
  whole: ReadonlySet<number>;
  onWhole: (line: number) => void;
}

const STREAMS = { stdout: "", stderr: "err", engine: "engine" };

function Row({ row, line, before, props, whole, onWhole }: RowProps) {
  if (!line) return <div className="ll" data-row={row} aria-hidden="true" />;
  const { chosen, current, needle, onChoose } = props;
  const classes = ["ll", `on-${line.stream}`];
  if (chosen && line.number >= chosen.from && line.number <= chosen.to) classes.push("is-chosen");
  const attempt = line.attempt > 1 && (before?.attempt !== line.attempt || before.path !== line.path);
  const samePath = before?.path === line.path && before.stream === line.stream;
  return (
    <div className={classes.join(" ")} data-row={row}>
      <a
        className="n"
        href={`#L${line.number}`}
        title="Choose this line; with Shift up to it"
        tabIndex={-1}
        onClick={(event) => {
          event.preventDefault();
          onChoose(line.number, event.shiftKey);
        }}
      >
        {line.number}
      </a>
      <span className="t">{clockMillis(new Date(line.at))}</span>
      <span className={`p cut ${samePath ? "same" : ""}`} title={line.path ?? undefined}>
        {line.path ?? "run"}
      </span>
      <span className="lv">
        {[STREAMS[line.stream], attempt ? `attempt ${line.attempt}` : ""].filter(Boolean).join(" ")}
      </span>
      <LogText
        text={line.text}
        needle={needle}
        current={current === line.number}
        whole={whole.has(line.number)}
        onWhole={() => onWhole(line.number)}
      />
    </div>
  );
}
