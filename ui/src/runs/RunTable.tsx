// The list itself: as long as there are runs, with only the rows in sight on the page.

import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { Run } from "../api/types";
import { Check } from "../parts/Check";
import { day, number } from "../parts/format";
import { Icon } from "../parts/Icon";
import type { Pager } from "../parts/pager";
import { useShortcuts } from "../shell/shortcuts";
import { Trouble } from "../shell/Trouble";
import type { RunFilters } from "./filters";
import { RunRow } from "./RunRow";
import type { Selection } from "./selection";

const ROW = 26;

interface Props {
  pager: Pager<Run>;
  /** how many runs fit the filters; the list may not have got them all yet */
  total: number;
  sort: RunFilters["sort"];
  onSort: (sort: RunFilters["sort"]) => void;
  selection: Selection;
  onPeek: (run: Run) => void;
}

export function RunTable({ pager, total, sort, onSort, selection, onPeek }: Props) {
  useSyncExternalStore(pager.watch, pager.version);
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const length = pager.ended ? pager.length : Math.max(total, pager.length);
  const rows = useVirtualizer({
    count: length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const first = Math.min(length - 1, Math.floor((rows.scrollOffset ?? 0) / ROW));
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => pager.want(last + 100), [pager, last]);

  const { cursor, setCursor, toggle, clear, extend, ids } = selection;
  const select = useCallback((index: number, event: MouseEvent) => toggle(index, event.shiftKey), [toggle]);
  const open = useCallback(
    (run: Run) => void navigate({ to: "/runs/$run", params: { run: run.id } }),
    [navigate],
  );
  const move = (by: number, extending = false) => {
    const next = Math.max(0, Math.min(length - 1, cursor + by));
    if (extending) extend(next);
    setCursor(next);
    rows.scrollToIndex(next, { align: "auto" });
  };
  const here = pager.at(cursor);
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW) / ROW) - 1);
  useShortcuts([
    { group: "List", keys: "J", says: "Next", run: () => move(1) },
    { group: "List", keys: "K", says: "Previous", run: () => move(-1) },
    { group: "List", keys: "ArrowDown", says: "Next", run: () => move(1) },
    { group: "List", keys: "ArrowUp", says: "Previous", run: () => move(-1) },
    { group: "List", keys: "PageDown", says: "A page on", run: () => move(page) },
    { group: "List", keys: "PageUp", says: "A page back", run: () => move(-page) },
    { group: "List", keys: "Home", says: "First", run: () => move(-length) },
    { group: "List", keys: "End", says: "Last", run: () => move(length) },
    { group: "List", keys: "X", says: "Select", run: () => toggle(cursor, false) },
    { group: "List", keys: "Shift J", says: "Select on downward", run: () => move(1, true) },
    { group: "List", keys: "Shift K", says: "Select on upward", run: () => move(-1, true) },
    { group: "List", keys: "Enter", says: "Open the run", run: () => here && open(here) },
    { group: "List", keys: "Space", says: "Peek", run: () => here && onPeek(here) },
  ]);

  const firstRun = pager.at(Math.max(0, first));
  // The bars are measured by what is in sight, so that one long run among thousands leaves the others readable.
  const scale = Math.max(1000, ...shown.map(({ index }) => pager.at(index)?.duration_ms ?? 0));
  return (
    <div
      className="table"
      role="grid"
      aria-label="Runs"
      aria-rowcount={length + 1}
      aria-activedescendant={`run-${cursor}`}
      tabIndex={0}
    >
      <div className="tr r head th" role="row" aria-rowindex={1}>
        <span role="columnheader">
          <Check
            on={ids.size === 0 ? false : ids.size === pager.length ? true : "some"}
            label={ids.size > 0 ? "Select none" : "Select all that are loaded"}
            onChange={() => (ids.size > 0 ? clear() : selection.selectAll())}
          />
        </span>
        <span role="columnheader">State</span>
        <span role="columnheader">Flow</span>
        <span role="columnheader">Run</span>
        <span role="columnheader">Parameters</span>
        <span role="columnheader">Message</span>
        <button
          type="button"
          role="columnheader"
          aria-sort={sort === "longest" ? "none" : sort === "oldest" ? "ascending" : "descending"}
          className="sort num"
          onClick={() => onSort(sort === undefined ? "oldest" : undefined)}
        >
          Started
          {sort !== "longest" && <Icon name="down" className={`i-12 ${sort === "oldest" ? "is-up" : ""}`} />}
        </button>
        <button
          type="button"
          role="columnheader"
          aria-sort={sort === "longest" ? "descending" : "none"}
          className="sort"
          onClick={() => onSort(sort === "longest" ? undefined : "longest")}
        >
          Duration
          {sort === "longest" && <Icon name="down" className="i-12" />}
        </button>
      </div>
      <div className="day" aria-hidden="true">
        {firstRun && <b>{day(new Date(firstRun.created_at))}</b>}
        <span className="grow" />
        {length > 0 && (
          <span>
            rows {number(Math.max(0, first) + 1)}–{number(Math.min(length, first + page + 1))} of{" "}
            {number(length)}
          </span>
        )}
      </div>
      <div className="list scroll" role="rowgroup" ref={scroller} tabIndex={-1}>
        {pager.error !== null ? (
          <Trouble error={pager.error} again={() => pager.retry()} />
        ) : pager.ended && length === 0 ? (
          <p className="none dim">No run fits these filters.</p>
        ) : (
          <div className="rows" style={{ height: rows.getTotalSize() }}>
            {shown.map(({ index, start }) => {
              const run = pager.at(index);
              return run ? (
                <RunRow
                  key={run.id}
                  run={run}
                  index={index}
                  top={start}
                  selected={ids.has(run.id)}
                  cursor={index === cursor}
                  scale={scale}
                  onSelect={select}
                  onCursor={setCursor}
                  onOpen={open}
                />
              ) : (
                <div key={index} className="tr r faint" style={{ transform: `translateY(${start}px)` }}>
                  <span />
                  <span>{number(index + 1)}</span>
                </div>
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}
