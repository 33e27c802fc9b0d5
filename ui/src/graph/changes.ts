// What became of a task between two versions of a flow, where both are drawn as one graph.

import { createContext } from "react";
import type { TaskChange } from "../api/types";
import type { IconName } from "../parts/Icon";

export type Change = TaskChange["change"];

/** How each is told apart, besides by its line. */
export const CHANGES: Record<Change, { word: string; icon: IconName }> = {
  added: { word: "added", icon: "plus" },
  removed: { word: "removed", icon: "minus" },
  changed: { word: "changed", icon: "edit" },
  renamed: { word: "renamed", icon: "rename" },
  moved: { word: "moved", icon: "move" },
};

/** The changes in the order in which they are told. */
export const CHANGE_ORDER = Object.keys(CHANGES) as readonly Change[];

/** Changes by task; without a context nothing is compared. */
export const ChangesContext = createContext<ReadonlyMap<number, TaskChange> | null>(null);

/** What of a task is another: the keys, or what it was called. */
export function whatChanged({ keys, from }: TaskChange): string | null {
  if (from !== null) return `was ${from}`;
  const named = keys.filter((key) => key !== "");
  return named.length > 0 ? named.join(", ") : null;
}

/** A change in words, as a screen reader says it. */
export function spokenChange(change: TaskChange | undefined): string {
  if (!change) return "";
  const what = whatChanged(change);
  return `, ${CHANGES[change.change].word}${what === null ? "" : `: ${what}`}`;
}
