// Pinned outputs that are being written, by task: they stay while the window lives, so that another task can be
// looked at meanwhile.

import { useSyncExternalStore } from "react";

const texts = new Map<string, string>();
const watchers = new Set<() => void>();

function keyOf(flow: string, task: string): string {
  return `${flow} ${task}`;
}

/** `null`: it is not being written any more. */
export function keepPinText(flow: string, task: string, text: string | null): void {
  if (text === null) texts.delete(keyOf(flow, task));
  else texts.set(keyOf(flow, task), text);
  for (const watcher of watchers) watcher();
}

/** What is written of a task's pin so far; `null`: none is. */
export function pinText(flow: string, task: string): string | null {
  return texts.get(keyOf(flow, task)) ?? null;
}

export function usePinText(flow: string, task: string): string | null {
  return useSyncExternalStore(watch, () => pinText(flow, task));
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
