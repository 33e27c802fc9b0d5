// What the canvas tells its nodes besides their own data.

import { createContext } from "react";

/** Folds the group of a task, or opens it. */
export const FoldContext = createContext<(task: number) => void>(() => {});

/** How much can be read at the canvas's zoom. */
export type Detail = "all" | "names" | "shapes";

export const DetailContext = createContext<Detail>("all");
