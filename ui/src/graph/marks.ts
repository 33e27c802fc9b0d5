// What else is said of a task on its node while a flow is edited.

import { createContext } from "react";

export interface TaskMark {
  /** an output of it stands for it in trials */
  readonly pinned: boolean;
  /** why it would run anew; `null`: what it gave last still holds */
  readonly stale: string | null;
}

/** Marks by path. */
export const MarksContext = createContext<ReadonlyMap<string, TaskMark>>(new Map());
