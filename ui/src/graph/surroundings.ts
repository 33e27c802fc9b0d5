// What the canvas tells its nodes besides their own data.

import { createContext } from "react";

/** Folds the group of a task, or the flow that it calls, or opens it. */
export const FoldContext = createContext<(task: number) => void>(() => {});

/** Whether the flows that tasks call can be opened in place. */
export const OpensContext = createContext(false);

/** How much can be read at the canvas's zoom. */
export type Detail = "all" | "names" | "shapes";

export const DetailContext = createContext<Detail>("all");
