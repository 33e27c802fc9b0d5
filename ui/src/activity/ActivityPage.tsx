// What happened, all in one stream: what runs did and what people did.

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { activityPage, flows } from "../api/queries";
import type { ActivityEntry } from "../api/types";
import { clockSeconds, count, day } from "../parts/format";
import { Icon, type IconName } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { Pager } from "../parts/pager";
import { Said } from "../parts/Said";
import { State } from "../parts/State";
import { Keys } from "../shell/Keys";
import { useShortcuts } from "../shell/shortcuts";
import { Top } from "../shell/Top";
import { Trouble } from "../shell/Trouble";
import "./activity.css";
import { KINDS, type Kind } from "./search";

const ROW = 26;

const SHOWN: Record<Kind, { icon: IconName; word: string; several: string }> = {
  run: { icon: "runs", word: "Run", several: "Runs" },
  person: { icon: "person", word: "Person", several: "People" },
};

export function ActivityPage() {
  const { kind = [], flow } = useSearch({ from: "/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const names = useQuery(flows).data?.flows.map((one) => one.name) ?? [];
  const key = `${kind.join()} ${flow}`;
  const pager = useMemo(() => {
    const [kinds = "", of = ""] = key.split(" ");
    const query = {
      // Both kinds are all there are.
      kind: kinds === "" || kinds.includes(",") ? undefined : kinds,
      flow: of === "undefined" ? undefined : of,
    };
    return new Pager<ActivityEntry>({
      newest: true,
      id: (entry) => String(entry.sequence),
      fetch: async (limit, cursor, signal) => {
        const { entries, next } = await activityPage(query, limit, cursor, signal);
        return { rows: entries, next };
      },
      take: (move) => (move.number === 0 ? "news" : null),
    });
  }, [key]);
  useEffect(() => pager.open(), [pager]);
  const toggle = (one: Kind) => {
    const next = kind.includes(one) ? kind.filter((other) => other !== one) : [...kind, one];
    void navigate({ search: { flow, kind: next.length > 0 ? next : undefined }, replace: true });
  };
  return (
    <>
      <Top title="Activity" aside="what happened, and what people did" />
      <main className="page activity" id="main" tabIndex={-1}>
        <div className="filters">
          <fieldset className="joined" aria-label="Kinds">
            {KINDS.map((one) => (
              <button
                key={one}
                type="button"
                className="btn"
                aria-pressed={kind.includes(one)}
                onClick={() => toggle(one)}
              >
                <Icon name={SHOWN[one].icon} />
                {SHOWN[one].several}
              </button>
            ))}
          </fieldset>
          <Menu
            icon="flows"
            label="Flow"
            text={flow ?? "All flows"}
            set={flow !== undefined}
            choices={[
              { value: "", label: "All flows" },
              ...names.map((name) => ({ value: name, label: <code>{name}</code> })),
            ]}
            chosen={[flow ?? ""]}
            onChoose={(value) => void navigate({ search: { kind, flow: value || undefined }, replace: true })}
          />
        </div>
        <Stream pager={pager} />
        <div className="keys-bar">
          <span>
            <Keys keys="J K" /> move
          </span>
          <span>
            <Keys keys="Enter" /> open the run
          </span>
        </div>
      </main>
    </>
  );
}

function Stream({ pager }: { pager: Pager<ActivityEntry> }) {
  useSyncExternalStore(pager.watch, pager.version);
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState(0);
  const navigate = useNavigate();
  const rows = useVirtualizer({
    count: pager.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => pager.want(last + 100), [pager, last]);
  const move = (by: number) => {
    const next = Math.max(0, Math.min(pager.length - 1, cursor + by));
    setCursor(next);
    rows.scrollToIndex(next, { align: "auto" });
  };
  const open = () => {
    const run = pager.at(cursor)?.run;
    if (run) void navigate({ to: "/runs/$run", params: { run } });
  };
  useShortcuts([
    { group: "List", keys: "J", says: "Next", run: () => move(1) },
    { group: "List", keys: "K", says: "Previous", run: () => move(-1) },
    { group: "List", keys: "ArrowDown", says: "Next", run: () => move(1) },
    { group: "List", keys: "ArrowUp", says: "Previous", run: () => move(-1) },
    { group: "List", keys: "Enter", says: "Open the run", run: open },
  ]);
  const top = pager.at(Math.floor((rows.scrollOffset ?? 0) / ROW));
  return (
    <div
      className="stream"
      role="grid"
      aria-label="Activity"
      aria-activedescendant={`entry-${cursor}`}
      tabIndex={0}
    >
      <div className="tr ev head th" role="row">
        <span role="columnheader" className="num">
          Time
        </span>
        <span />
        <span role="columnheader">Kind</span>
        <span role="columnheader">Flow</span>
        <span role="columnheader">What happened</span>
        <span role="columnheader">What came of it</span>
      </div>
      <div className="day" aria-hidden="true">
        {top && <b>{day(new Date(top.at))}</b>}
        <span className="grow" />
        <span>{pager.ended ? count(pager.length, "entry", "entries") : ""}</span>
      </div>
      <div className="list scroll" role="rowgroup" ref={scroller} tabIndex={-1}>
        {pager.error !== null ? (
          <Trouble error={pager.error} again={() => pager.retry()} />
        ) : pager.ended && pager.length === 0 ? (
          <p className="none dim">Nothing of this kind happened yet.</p>
        ) : (
          <div className="rows" style={{ height: rows.getTotalSize() }}>
            {shown.map(({ index, start }) => {
              const entry = pager.at(index);
              return entry ? (
                <Row
                  key={entry.sequence}
                  entry={entry}
                  index={index}
                  top={start}
                  cursor={index === cursor}
                  onCursor={setCursor}
                />
              ) : null;
            })}
          </div>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  entry: ActivityEntry;
  index: number;
  top: number;
  cursor: boolean;
  onCursor: (index: number) => void;
}

const Row = memo(function Row({ entry, index, top, cursor, onCursor }: RowProps) {
  const { icon, word } = SHOWN[entry.kind];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the focus and takes the keys for its rows.
    <div
      role="row"
      id={`entry-${index}`}
      tabIndex={-1}
      className={`tr ev ${cursor ? "is-cursor" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onCursor(index)}
    >
      <span role="gridcell" className="num dim">
        <time dateTime={entry.at}>{clockSeconds(new Date(entry.at))}</time>
      </span>
      <Icon name={icon} />
      <span role="gridcell" className="dim">
        {word}
      </span>
      <span role="gridcell" className="cut mono">
        {entry.flow ?? "–"}
      </span>
      <span role="gridcell" className="cut">
        <Said text={entry.title} />
        {entry.detail && (
          <span className="faint">
            {" "}
            <Said text={entry.detail} />
          </span>
        )}
      </span>
      <span role="gridcell" className="res">
        {entry.state && <State state={entry.state} />}
        {entry.run && (
          <Link className="link" to="/runs/$run" params={{ run: entry.run }} tabIndex={-1} preload={false}>
            open run
          </Link>
        )}
      </span>
    </div>
  );
});
