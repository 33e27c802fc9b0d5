// The task runs of a run as a table: a row a task, the items of a mapped one below it page by page.

import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { Graph, TaskRunList } from "../api/types";
import { clockMillis, count, duration, number } from "../parts/format";
import { Icon, kindIcon } from "../parts/Icon";
import { Said } from "../parts/Said";
import { State } from "../parts/State";
import { isEnded, STATE_TYPES, shownType } from "../parts/states";
import { useNow } from "../parts/useNow";
import type { Picked } from "./picked";
import { itemsOf, taskRuns } from "./runQueries";
import { ITEMS, MOST_ITEMS, type TaskRow, withItems } from "./taskRows";

interface Props {
  run: string;
  graph: Graph;
  running: boolean;
  picked: Picked | null;
  onPick: (picked: Picked) => void;
}

const ROW = 26;

const features = tableFeatures({});
const column = createColumnHelper<typeof features, TaskRow>();
const COLUMNS = column.columns([
  column.accessor((row) => row.task.path, { id: "task", header: "Task" }),
  column.accessor((row) => row.task.state, { id: "state", header: "State" }),
  column.accessor((row) => row.task.duration_ms, { id: "duration", header: "Duration" }),
  column.accessor((row) => row.task.started_at, { id: "started", header: "Started" }),
  column.accessor((row) => row.task.attempts, { id: "attempts", header: "Attempts" }),
  column.accessor((row) => row.task.message, { id: "message", header: "Why" }),
]);

export function TaskTable({ run, graph, running, picked, onPick }: Props) {
  const [state, setState] = useState<string | null>(null);
  const [opened, setOpened] = useState<ReadonlyMap<number, number>>(new Map());
  // With a state chosen, items are what is sought: all that are in it, wherever they stand.
  const answer = useInfiniteQuery(taskRuns(run, { parent: null, state, without_items: state === null }));
  const items = useItems(run, opened);
  const kinds = useMemo(() => new Map(graph.nodes.map((node) => [node.task, node])), [graph]);
  const rows = useMemo(
    () =>
      withItems(answer.data?.pages.flatMap((page) => page.tasks) ?? [], items, opened, kinds, state === null),
    [answer.data, items, opened, kinds, state],
  );
  const table = useTable({ features, columns: COLUMNS, data: rows, getRowId: rowId });
  const scroller = useRef<HTMLDivElement>(null);
  const model = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 15,
  });
  const now = useNow(running, 1000);
  const at = rows.findIndex((row) => row.more === null && row.task.number === picked?.taskRun);
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = answer;
  useEffect(() => {
    if (last >= rows.length - 30 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [last, rows.length, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const pick = (row: TaskRow) =>
    onPick({ node: row.task.node, path: row.task.path, taskRun: row.task.number });
  const toggle = (task: number) => {
    const next = new Map(opened);
    if (!next.delete(task)) next.set(task, ITEMS);
    setOpened(next);
  };
  const act = (row: TaskRow) => {
    if (row.more === null) pick(row);
    else setOpened(new Map(opened).set(row.task.number, Math.min(MOST_ITEMS, row.more + ITEMS)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[at];
    const go = (to: number, by: number) => {
      let place = Math.max(0, Math.min(rows.length - 1, to));
      while (rows[place]?.more != null && place + by >= 0 && place + by < rows.length) place += by;
      const next = rows[place];
      if (!next || next.more !== null) return;
      pick(next);
      virtual.scrollToIndex(place, { align: "auto" });
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "j") go(at + 1, 1);
    else if (event.key === "ArrowUp" || event.key === "k") go(at - 1, -1);
    else if (event.key === "PageDown") go(at + 15, 1);
    else if (event.key === "PageUp") go(at - 15, -1);
    else if (event.key === "Home") go(0, 1);
    else if (event.key === "End") go(rows.length - 1, -1);
    else if (event.key === "ArrowRight" && row?.folds === "folded") toggle(row.task.number);
    else if (event.key === "ArrowLeft" && row?.folds === "open") toggle(row.task.number);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="tasks">
      <div className="tasks-bar">
        <label className="input">
          <span className="faint">State</span>
          <select value={state ?? ""} onChange={(event) => setState(event.target.value || null)}>
            <option value="">any</option>
            {STATE_TYPES.map((type) => (
              <option key={type} value={type}>
                {shownType(type).word}
              </option>
            ))}
          </select>
        </label>
        <span className="faint small" role="status">
          {answer.isPending
            ? ""
            : `${count(rows.filter((row) => row.more === null).length, "row")}${hasNextPage ? " so far" : ""}`}
        </span>
      </div>
      <div
        ref={scroller}
        className="tasks-rows scroll"
        role="treegrid"
        aria-label="Task runs"
        aria-rowcount={rows.length + 1}
        tabIndex={0}
        aria-activedescendant={at >= 0 ? `task-${rowId(rows[at] as TaskRow)}` : undefined}
        onKeyDown={onKeyDown}
      >
        {table.getHeaderGroups().map((group) => (
          <div key={group.id} role="row" className="tr task-r th" aria-rowindex={1}>
            {group.headers.map((header) => (
              <span key={header.id} role="columnheader" className={NUMERIC.has(header.id) ? "num" : ""}>
                <table.FlexRender header={header} />
              </span>
            ))}
          </div>
        ))}
        <div className="tasks-all" style={{ height: virtual.getTotalSize() }} role="rowgroup">
          {virtual.getVirtualItems().map((item) => {
            const row = model[item.index]?.original;
            return (
              row && (
                <Row
                  key={rowId(row)}
                  row={row}
                  index={item.index}
                  top={item.start}
                  picked={item.index === at}
                  now={now}
                  onAct={() => act(row)}
                  onToggle={() => toggle(row.task.number)}
                />
              )
            );
          })}
        </div>
        {rows.length === 0 && !answer.isPending && (
          <p className="sect dim">
            {answer.error
              ? answer.error.message
              : state === null
                ? "No task has begun yet."
                : "No task run is in this state."}
          </p>
        )}
      </div>
    </div>
  );
}

const NUMERIC = new Set(["duration", "attempts"]);

function rowId(row: TaskRow): string {
  return row.more === null ? String(row.task.number) : `more-${row.task.number}`;
}

/** The items of mapped tasks that are open, as many as were asked for. */
function useItems(run: string, opened: ReadonlyMap<number, number>): ReadonlyMap<number, TaskRunList> {
  const wanted = [...opened];
  return useQueries({
    queries: wanted.map(([parent, most]) => itemsOf(run, parent, most)),
    combine: (answers) => {
      const found = new Map<number, TaskRunList>();
      for (const [at, { data }] of answers.entries()) {
        const parent = wanted[at]?.[0];
        if (data && parent !== undefined) found.set(parent, data);
      }
      return found;
    },
  });
}

interface RowProps {
  row: TaskRow;
  index: number;
  top: number;
  picked: boolean;
  now: number;
  onAct: () => void;
  onToggle: () => void;
}

function Row({ row, index, top, picked, now, onAct, onToggle }: RowProps) {
  const { task } = row;
  const place = { transform: `translateY(${top}px)` };
  if (row.more !== null) {
    return (
      <div role="row" className="tr task-r" style={place} aria-rowindex={index + 2}>
        <span role="gridcell" style={{ paddingLeft: 22 + row.depth * 16, gridColumn: "1 / -1" }}>
          {row.more < MOST_ITEMS ? (
            <button type="button" className="fold link" onClick={onAct}>
              show {number(ITEMS)} items more
            </button>
          ) : (
            <span className="faint">there are more items; choose a state to find those that matter</span>
          )}
        </span>
      </div>
    );
  }
  const running = task.started_at !== null && !isEnded(task.state_type);
  const length = task.duration_ms ?? (running && task.started_at ? now - Date.parse(task.started_at) : null);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
    <div
      id={`task-${task.number}`}
      role="row"
      aria-rowindex={index + 2}
      aria-level={row.depth + 1}
      aria-selected={picked}
      aria-expanded={row.folds === null ? undefined : row.folds === "open"}
      className={`tr task-r ${picked ? "is-selected is-cursor" : ""}`}
      style={place}
      onClick={onAct}
    >
      <Cell className="task-n" indent={row.depth}>
        {row.folds === null ? (
          <span className="i-12" />
        ) : (
          <button
            type="button"
            className="gn-fold"
            tabIndex={-1}
            aria-label={row.folds === "open" ? `Fold ${task.path}` : `Show the items of ${task.path}`}
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          >
            <Icon name={row.folds === "open" ? "down" : "right"} className="i-12" />
          </button>
        )}
        <Icon name={kindIcon(row.kind)} className="i-14" />
        <code className="cut">{task.path}</code>
      </Cell>
      <Cell>
        <State state={task.state} />
      </Cell>
      <Cell className="num">{length === null ? "–" : duration(length)}</Cell>
      <Cell className="faint">{task.started_at === null ? "" : clockMillis(new Date(task.started_at))}</Cell>
      <Cell className={`num ${task.attempts > 1 ? "" : "faint"}`}>
        {task.attempts > 0 ? task.attempts : ""}
      </Cell>
      <Cell className="cut dim">
        <Said text={task.message} />
      </Cell>
    </div>
  );
}

function Cell({
  className = "",
  indent,
  children,
}: {
  className?: string;
  indent?: number;
  children: ReactNode;
}) {
  return (
    <span
      role="gridcell"
      className={className}
      style={indent === undefined ? undefined : { paddingLeft: 4 + indent * 16 }}
    >
      {children}
    </span>
  );
}
