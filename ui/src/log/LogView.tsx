// The log of a run: a million lines as one list of which only what is in view is there, followed while it grows,
// searched by the engine. What tasks wrote is text here and never anything else.

import "./log.css";
import { useCallback, useEffect, useId, useRef, useState } from "react";
import { path as address, get } from "../api/client";
import type { LogPage } from "../api/types";
import { count, number } from "../parts/format";
import { Icon, type IconName } from "../parts/Icon";
import { request } from "../platform";
import { useShortcuts } from "../shell/shortcuts";
import { toast, toastError } from "../shell/toast";
import type { Lines } from "./address";
import { plainText } from "./ansi";
import { LogRows, type RowsHandle } from "./LogRows";
import type { LogLines } from "./lines";
import { type Search, useLog } from "./useLog";

interface Props {
  run: string;
  /** the run's name, for the file that is saved */
  name: string;
  running: boolean;
  task: string | null;
  onTask: (task: string | null) => void;
  /** lines to show; a new object shows them again */
  goTo: Lines | null;
  /** a person chose lines */
  onChoose: (lines: Lines) => void;
}

/** Lines that are copied at once. */
const COPIED = 5000;

export function LogView({ run, name, running, task, onTask, goTo, onChoose }: Props) {
  const [needle, setNeedle] = useState("");
  const [at, setAt] = useState<number | null>(null);
  const [wrap, setWrap] = useKept("log.wrap", false);
  const [times, setTimes] = useKept("log.times", true);
  const [chosen, setChosen] = useState<Lines | null>(null);
  const [following, setFollowing] = useState(running);
  const rows = useRef<RowsHandle>(null);
  const find = useRef<HTMLInputElement>(null);
  const { lines, version, search, link } = useLog(run, task, running, needle);

  const show = useCallback(
    async (line: number) => {
      setFollowing(false);
      const row = await lines.rowOf(line);
      if (row === null) toast({ text: `Line ${number(line)} is not in this log`, icon: "info" });
      else rows.current?.show(row);
    },
    [lines],
  );
  // Once: that other lines are listed later leads nobody back to them.
  const gone = useRef<Lines | null>(null);
  useEffect(() => {
    if (!goTo || goTo === gone.current) return;
    gone.current = goTo;
    setChosen(goTo);
    void show(goTo.from);
  }, [goTo, show]);

  const step = (by: number) => {
    const next = nextMatch(search.matches, at, by);
    if (next === null) return;
    setAt(next);
    void show(next);
  };
  const choose = (line: number, extend: boolean) => {
    const next =
      extend && chosen
        ? { from: Math.min(chosen.from, line), to: Math.max(chosen.from, line) }
        : { from: line, to: line };
    setChosen(next);
    onChoose(next);
  };
  useShortcuts([
    { keys: "/", says: "Find in the log", group: "Log", run: () => find.current?.select() },
    {
      keys: "Mod F",
      says: "Find in the log",
      group: "Log",
      run: () => find.current?.select(),
      inFields: true,
    },
    { keys: "L", says: "Go to the log", group: "Log", run: () => rows.current?.focus() },
    { keys: "N", says: "Next match", group: "Log", run: () => step(1) },
    { keys: "Shift N", says: "Match before", group: "Log", run: () => step(-1) },
    { keys: "End", says: "To the end, and follow", group: "Log", run: () => setFollowing(true) },
  ]);

  return (
    <section className="panel logp" aria-label="Log">
      <div className="panel-h log-tools">
        <h2>Log</h2>
        {task !== null && (
          <span className="pill">
            <code className="cut">{task}</code>
            <button
              type="button"
              className="pill-x"
              aria-label={`Show the whole log, not only ${task}`}
              onClick={() => onTask(null)}
            >
              <Icon name="x" />
            </button>
          </span>
        )}
        <span className="faint small" role="status">
          {lines.known ? count(lines.rows, "line") : ""}
          {running && link?.is === "waiting" && " · the stream broke; trying again"}
        </span>
        <span className="grow" />
        <Find
          ref={find}
          needle={needle}
          onNeedle={(text) => {
            setNeedle(text);
            setAt(null);
          }}
          search={search}
          at={at}
          onStep={step}
        />
        <span className="vsep" />
        <Tool icon="wrap" label="Wrap long lines" on={wrap} onClick={() => setWrap(!wrap)} />
        <Tool icon="clock" label="Times" on={times} onClick={() => setTimes(!times)} />
        <Tool
          icon="copy"
          label={chosen ? "Copy the chosen lines" : "Copy the log"}
          onClick={() => void copy(run, lines, task, chosen)}
        />
        <Tool icon="download" label="Save the whole log as text" onClick={() => void save(run, name)} />
        <button
          type="button"
          className="btn btn-s"
          aria-pressed={following}
          title="To the end, and stay there (End)"
          onClick={() => setFollowing(!following)}
        >
          <Icon name="tail" />
          Follow
        </button>
      </div>
      <LogRows
        key={`${run} ${task}`}
        ref={rows}
        lines={lines}
        version={version}
        needle={needle}
        current={at}
        wrap={wrap}
        times={times}
        chosen={chosen}
        onChoose={choose}
        following={following}
        onFollowing={setFollowing}
        empty={
          running
            ? "Nothing was written yet."
            : task === null
              ? "This run wrote nothing."
              : `${task} wrote nothing.`
        }
      />
    </section>
  );
}

interface FindProps {
  ref: React.RefObject<HTMLInputElement | null>;
  needle: string;
  onNeedle: (text: string) => void;
  search: Search;
  at: number | null;
  onStep: (by: number) => void;
}

function Find({ ref, needle, onNeedle, search, at, onStep }: FindProps) {
  const id = useId();
  return (
    <>
      <span className="input find">
        <Icon name="search" />
        <input
          ref={ref}
          type="search"
          placeholder="Find"
          aria-label="Find in the log"
          aria-describedby={id}
          value={needle}
          onChange={(event) => onNeedle(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") onStep(event.shiftKey ? -1 : 1);
            if (event.key === "Escape") {
              onNeedle("");
              event.currentTarget.blur();
            }
          }}
        />
        <span id={id} className="faint" role="status">
          {needle !== "" && found(search, at)}
        </span>
      </span>
      <Tool
        icon="up"
        label="Match before"
        disabled={search.matches.length === 0}
        onClick={() => onStep(-1)}
      />
      <Tool icon="down" label="Next match" disabled={search.matches.length === 0} onClick={() => onStep(1)} />
    </>
  );
}

function found(search: Search, at: number | null): string {
  if (search.failure !== null) return search.failure;
  if (search.busy) return "…";
  const total = number(search.total);
  if (search.matches.length === 0) return "none";
  const place = at === null ? -1 : search.matches.indexOf(at);
  return place < 0 ? total : `${number(place + 1)} of ${total}`;
}

/** The match after the current one, or before it; around the ends. */
export function nextMatch(matches: readonly number[], at: number | null, by: number): number | null {
  if (matches.length === 0) return null;
  const place = at === null ? (by > 0 ? -1 : 0) : matches.indexOf(at);
  return matches[(place + by + matches.length) % matches.length] ?? null;
}

interface ToolProps {
  icon: IconName;
  label: string;
  on?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

function Tool({ icon, label, on, disabled, onClick }: ToolProps) {
  return (
    <button
      type="button"
      className="btn btn-icon btn-ghost btn-s"
      aria-label={label}
      title={label}
      aria-pressed={on}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

async function copy(
  run: string,
  lines: LogLines,
  task: string | null,
  chosen: { from: number; to: number } | null,
): Promise<void> {
  try {
    const query = {
      task,
      from: chosen?.from,
      limit: chosen ? Math.min(COPIED, chosen.to - chosen.from + 1) : COPIED,
    };
    const page = await get<LogPage>(address`/runs/${run}/logs`, query);
    const wanted = chosen ? page.lines.filter((line) => line.number <= chosen.to) : page.lines;
    await navigator.clipboard.writeText(wanted.map((line) => plainText(line.text)).join("\n"));
    const left = chosen ? 0 : lines.rows - wanted.length;
    const rest = left > 0 ? `; ${count(left, "line")} more are in the file that Save gives` : "";
    toast({ text: `${count(wanted.length, "line")} copied${rest}`, icon: "copy" });
  } catch (error) {
    toastError(error);
  }
}

async function save(run: string, name: string): Promise<void> {
  try {
    const response = await request(address`/runs/${run}/log.txt`);
    if (!response.ok) throw new Error(`the log cannot be read: the engine answered ${response.status}`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = `${name}.log.txt`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    toastError(error);
  }
}

/** A switch that is remembered on this machine. */
function useKept(name: string, usual: boolean): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(() => (localStorage.getItem(`tidemill.${name}`) ?? String(usual)) === "true");
  return [
    on,
    (next) => {
      localStorage.setItem(`tidemill.${name}`, String(next));
      setOn(next);
    },
  ];
}
