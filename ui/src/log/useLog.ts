// The log of a run, or of one of its tasks: its lines, what is sought in them, and what comes while it runs.

import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { get, path, withQuery } from "../api/client";
import type { LogLine, LogPage } from "../api/types";
import { type LinkState, subscribe } from "../platform";
import { LogLines, type LogQuery, within } from "./lines";

export interface Search {
  /** numbers of the lines that hold what is sought */
  matches: readonly number[];
  /** how many there are in all */
  total: number;
  busy: boolean;
  failure: string | null;
}

/** How long typing rests before the engine is asked. */
const REST_MS = 180;
/** What the engine tells at most. */
const MOST = 10_000;
const NOTHING: Search = { matches: [], total: 0, busy: false, failure: null };

export function askLog(run: string) {
  return (query: LogQuery): Promise<LogPage> => get<LogPage>(path`/runs/${run}/logs`, { ...query });
}

export function useLog(run: string, task: string | null, running: boolean, needle: string) {
  const lines = useMemo(() => new LogLines(askLog(run), task), [run, task]);
  const version = useSyncExternalStore(lines.subscribe, lines.version);
  const [search, setSearch] = useState<Search>(NOTHING);
  const [link, setLink] = useState<LinkState | null>(null);

  const sought = useRef(needle);
  sought.current = needle;

  useEffect(() => lines.open(), [lines]);

  // The stream says itself when all was sent; that the run ended is known before its last lines are here.
  const [over, setOver] = useState(!running);
  const ran = useRef(running);
  if (running && !ran.current && over) setOver(false);
  ran.current = running;
  const tailing = !over && lines.known;
  useEffect(() => {
    if (!tailing) return;
    const from = withQuery(path`/runs/${run}/logs/stream`, { from: lines.next });
    const close = subscribe(
      from,
      (message) => {
        if (message.event === "end") {
          close();
          setLink(null);
          setOver(true);
        }
        if (message.event !== "lines") return;
        const news = JSON.parse(message.data) as LogLine[];
        lines.append(news);
        const text = sought.current;
        if (text !== "") setSearch((before) => extended(before, news, task, text));
      },
      setLink,
    );
    return close;
  }, [run, task, tailing, lines]);

  useEffect(() => {
    if (needle === "") {
      setSearch(NOTHING);
      return;
    }
    setSearch((before) => ({ ...before, busy: true }));
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const query = { task, grep: needle, limit: 1 };
        const answer = await get<LogPage>(path`/runs/${run}/logs`, query, leaving.signal);
        const matches = answer.matches ?? answer.lines.map((line) => line.number);
        setSearch({ matches, total: answer.total, busy: false, failure: null });
      } catch (error) {
        if (leaving.signal.aborted) return;
        setSearch({ ...NOTHING, failure: error instanceof Error ? error.message : String(error) });
      }
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [run, task, needle]);

  // Until the effect has taken it up, what is sought is not yet looked for.
  const asked = needle !== "" && search === NOTHING ? { ...NOTHING, busy: true } : search;
  return { lines, version, search: asked, link };
}

/** Matches in lines that came after the engine was asked. */
function extended(before: Search, news: readonly LogLine[], task: string | null, needle: string): Search {
  if (before.busy || before.matches.length >= MOST) return before;
  const last = before.matches.at(-1) ?? 0;
  const found = news
    .filter((line) => line.number > last && within(line.path, task) && line.text.includes(needle))
    .map((line) => line.number);
  return found.length === 0
    ? before
    : { ...before, matches: [...before.matches, ...found], total: before.total + found.length };
}
