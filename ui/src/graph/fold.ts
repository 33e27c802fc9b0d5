import { createContext } from "react";

/** Folds the group of a task, or opens it. */
export const FoldContext = createContext<(task: number) => void>(() => {});
