// Why the text cannot be drawn. The engine has the say, here and in the list of problems: what the editor itself
// finds only stands until the engine has looked, or where it cannot be asked.

import type { FlowSnapshot } from "./context";

export interface Broken {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Standing = Pick<FlowSnapshot, "document" | "report" | "reported" | "unchecked">;

/** Why the text cannot be drawn; `null`: it can be, or nobody has looked yet. */
export function brokenAt({ document, report, reported, unchecked }: Standing): Broken | null {
  const { failure, text } = document;
  const isCurrent = reported === text;
  // While somebody types, what was wrong a moment ago mostly still is: other words in between would flicker.
  if (report?.graph === null && (isCurrent || (failure && !unchecked))) {
    const problem = report.problems.find(({ severity }) => severity === "error");
    if (problem) return { line: problem.line, column: problem.column, message: problem.message };
  }
  if (!failure) return null;
  const before = text.slice(0, failure.from);
  return {
    line: before.split("\n").length,
    column: before.length - before.lastIndexOf("\n"),
    message: isCurrent || unchecked ? failure.message : "this is not YAML",
  };
}
