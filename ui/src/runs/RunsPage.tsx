// Every run there is.

import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { histogram } from "../api/queries";
import type { Run } from "../api/types";
import { Confirm } from "../parts/Confirm";
import { count, number } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Pager } from "../parts/pager";
import { useSteer } from "../parts/useSteer";
import { Keys } from "../shell/Keys";
import { Split } from "../shell/Split";
import { useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { toast } from "../shell/toast";
import { Facets } from "./Facets";
import { FilterBar } from "./FilterBar";
import { asQuery, type RunFilters } from "./filters";
import { RunHistogram } from "./Histogram";
import { Peek } from "./Peek";
import { RunTable } from "./RunTable";
import "./runs.css";
import { runSource } from "./runSource";
import { useSelection } from "./selection";

export function RunsPage() {
  const filters = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const key = JSON.stringify(filters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: equal filters are one question, whatever object holds them.
  const query = useMemo(() => asQuery(filters, Date.now()), [key]);
  const plain = useMemo(() => ({ ...query, sort: undefined }), [query]);
  const pager = useMemo(() => new Pager(runSource(query)), [query]);
  useEffect(() => pager.open(), [pager]);
  const times = useQuery(histogram(plain)).data;
  const selection = useSelection(pager);
  const [peeked, setPeeked] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const change = (next: RunFilters) => void navigate({ search: next, replace: true });

  useShortcuts([
    { group: "List", keys: "/", says: "Text in logs", run: () => field.current?.focus() },
    {
      group: "List",
      keys: "Escape",
      says: "Close the peek, select none",
      run: () => (peeked !== null ? setPeeked(null) : selection.clear()),
    },
  ]);
  const under = pager.at(selection.cursor)?.id;
  // The peek follows the cursor.
  const shown = peeked === null ? null : (under ?? peeked);

  return (
    <>
      <Top title="Runs">
        <Views filters={filters} onChange={change} />
      </Top>
      <main className="page runs" id="main" tabIndex={-1}>
        <FilterBar
          filters={filters}
          onChange={change}
          field={field}
          total={times?.total}
          complete={times?.complete ?? true}
        />
        <div className="over">
          <Facets times={times} filters={filters} onChange={change} />
          <RunHistogram
            filters={plain}
            onRange={(since, until) => change({ ...filters, within: undefined, since, until })}
          />
        </div>
        {selection.ids.size > 0 && <Bulk pager={pager} ids={selection.ids} onClear={selection.clear} />}
        <div className="runs-body">
          <Split
            name="runs"
            parts={[
              {
                id: "list",
                min: 480,
                content: (
                  <RunTable
                    pager={pager}
                    total={times?.total ?? 0}
                    sort={filters.sort}
                    onSort={(sort) => change({ ...filters, sort })}
                    selection={selection}
                    onPeek={(run) => setPeeked(peeked === null ? run.id : null)}
                  />
                ),
              },
              shown === null
                ? null
                : {
                    id: "peek",
                    size: 380,
                    min: 260,
                    content: <Peek run={shown} onClose={() => setPeeked(null)} />,
                  },
            ]}
          />
        </div>
        <div className="keys-bar">
          <span>
            <Keys keys="J K" /> move
          </span>
          <span>
            <Keys keys="X" /> select
          </span>
          <span>
            <Keys keys="Shift J" /> extend
          </span>
          <span>
            <Keys keys="Enter" /> open
          </span>
          <span>
            <Keys keys="Space" /> peek
          </span>
          <span>
            <Keys keys="/" /> filter
          </span>
        </div>
      </main>
    </>
  );
}

const VIEWS: readonly { name: string; filters: RunFilters }[] = [
  { name: "All", filters: {} },
  { name: "Going on", filters: { state: ["running", "paused", "cancelling"] } },
  { name: "Failed in 24 hours", filters: { state: ["failed", "crashed"], within: "24h" } },
];

function Views({ filters, onChange }: { filters: RunFilters; onChange: (filters: RunFilters) => void }) {
  const now = JSON.stringify(filters);
  return (
    <div className="tabs" role="tablist" aria-label="Views">
      {VIEWS.map((view) => (
        <button
          key={view.name}
          type="button"
          role="tab"
          aria-selected={now === JSON.stringify(view.filters)}
          onClick={() => onChange(view.filters)}
        >
          {view.name}
        </button>
      ))}
    </div>
  );
}

/** The earlier run first. */
function byTime(left: Run | undefined, right: Run | undefined): number {
  return (left?.created_at ?? "") < (right?.created_at ?? "") ? -1 : 1;
}

function Bulk({ pager, ids, onClear }: { pager: Pager<Run>; ids: ReadonlySet<string>; onClear: () => void }) {
  useSyncExternalStore(pager.watch, pager.version);
  const navigate = useNavigate();
  const steer = useSteer();
  const [asking, setAsking] = useState(false);
  // What has left the list is not acted on unseen.
  const runs = [...ids].filter((id) => pager.has(id));
  const compare = () => {
    const [first, second] = runs.map((id) => pager.get(id)).sort(byTime);
    if (runs.length !== 2 || !first || !second)
      toast({ text: "Two selected runs can be compared", icon: "info" });
    else void navigate({ to: "/runs/$run/compare/$other", params: { run: first.id, other: second.id } });
  };
  const act = (name: "cancel" | "retry" | "retry-from-failed") => steer.mutate({ act: name, runs });
  useShortcuts([
    { group: "Selected runs", keys: "R", says: "Retry from failed", run: () => act("retry-from-failed") },
    { group: "Selected runs", keys: "Shift R", says: "Run again", run: () => act("retry") },
    { group: "Selected runs", keys: "C", says: "Compare two", run: compare },
    { group: "Selected runs", keys: "Delete", says: "Remove", run: () => setAsking(true) },
  ]);
  if (runs.length === 0) return null;
  return (
    <div className="bulk">
      <b>{number(runs.length)} selected</b>
      <span className="vsep" />
      <button
        type="button"
        className="btn btn-s btn-tint"
        disabled={steer.isPending}
        onClick={() => act("retry-from-failed")}
      >
        <Icon name="retry" />
        Retry from failed <Keys keys="R" />
      </button>
      <button type="button" className="btn btn-s" disabled={steer.isPending} onClick={() => act("retry")}>
        <Icon name="play" />
        Run again <Keys keys="Shift R" />
      </button>
      <button type="button" className="btn btn-s" disabled={runs.length !== 2} onClick={compare}>
        <Icon name="compare" />
        Compare <Keys keys="C" />
      </button>
      <button type="button" className="btn btn-s" disabled={steer.isPending} onClick={() => act("cancel")}>
        <Icon name="stop" />
        Cancel
      </button>
      <button type="button" className="btn btn-s" disabled={steer.isPending} onClick={() => setAsking(true)}>
        <Icon name="trash" />
        Remove…
      </button>
      <span className="grow" />
      <button
        type="button"
        className="btn btn-s btn-icon btn-ghost"
        aria-label="Select none"
        onClick={onClear}
      >
        <Icon name="x" />
      </button>
      <Confirm
        open={asking}
        title={`Remove ${count(runs.length, "run")}?`}
        text="Their records, logs and results are forgotten. Runs that have not ended are kept."
        action={`Remove ${count(runs.length, "run")}`}
        onClose={() => setAsking(false)}
        onDone={() =>
          steer.mutate(
            { act: "remove", runs },
            {
              onSuccess: ({ errors }) => {
                onClear();
                if (errors.length === 0) pager.forget(ids);
                else pager.again();
              },
            },
          )
        }
      />
    </div>
  );
}
