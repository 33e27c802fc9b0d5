// How bad a problem is: an error keeps the flow from running, a warning does not. Each has a sign and a colour of
// its own.

import type { Diagnostic } from "../api/types";

export type Severity = "error" | "warning";

/** The worst among problems; `null`: there are none. */
export function worstOf(problems: readonly Pick<Diagnostic, "severity">[]): Severity | null {
  if (problems.length === 0) return null;
  return problems.some(({ severity }) => severity === "error") ? "error" : "warning";
}

/** The drawing that stands for it. */
export function signOf(severity: string): "error" | "warn" {
  return severity === "error" ? "error" : "warn";
}
