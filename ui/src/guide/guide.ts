// Which flow the guide goes along with; remembered in this browser or window. How far it is nobody keeps: the flow
// and its runs say that.

import { useSyncExternalStore } from "react";

const KEY = "tidemill.guide";

export interface Guided {
  readonly flow: string;
  /** the run whose log was looked at */
  readonly read: string | null;
}

const watchers = new Set<() => void>();
let known: { text: string | null; guided: Guided | null } | null = null;

/** What is guided; the same object until it is another one. */
export function guided(): Guided | null {
  const text = localStorage.getItem(KEY);
  if (known?.text !== text) known = { text, guided: parsed(text) };
  return known?.guided ?? null;
}

function parsed(text: string | null): Guided | null {
  try {
    const kept: unknown = JSON.parse(text ?? "null");
    if (typeof kept !== "object" || kept === null || !("flow" in kept)) return null;
    const { flow } = kept;
    const read = "read" in kept && typeof kept.read === "string" ? kept.read : null;
    return typeof flow === "string" ? { flow, read } : null;
  } catch {
    // What cannot be read is as good as nothing: nothing is guided.
    return null;
  }
}

function keep(next: Guided | null): void {
  if (next === null) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, JSON.stringify(next));
  for (const watcher of watchers) watcher();
}

/** Opens the guide beside a flow, as far as that is. */
export function openGuide(flow: string): void {
  keep({ flow, read: null });
}

/** Closes the guide; what was made stays. */
export function leaveGuide(): void {
  keep(null);
}

/** The flow is called otherwise now. */
export function renameGuided(flow: string, to: string): void {
  const now = guided();
  if (now?.flow === flow) keep({ ...now, flow: to });
}

/** The log of a run was looked at. */
export function readLog(flow: string, run: string): void {
  const now = guided();
  if (now?.flow === flow && now.read !== run) keep({ ...now, read: run });
}

/** The guide of this flow; `null`: it is not guided. */
export function useGuided(flow: string): Guided | null {
  const now = useSyncExternalStore((watcher) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }, guided);
  return now?.flow === flow ? now : null;
}
